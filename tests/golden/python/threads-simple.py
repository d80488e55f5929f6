# Run: python3.14 example.py

import time
from concurrent.futures import ThreadPoolExecutor


def io_bound_function(parameter):
    """Simulate an IO-bound function using time.sleep(3)."""
    print(f"io_bound_function called with argument {parameter}")
    time.sleep(3)
    print(f"io_bound_function with argument {parameter} ended")
    return parameter


def example_simple():
    """Submit the calls to a ThreadPoolExecutor."""
    print("Starting ThreadPoolExecutor")
    with ThreadPoolExecutor(max_workers=3) as executor:
        executor.submit(io_bound_function, "a")
        executor.submit(io_bound_function, "b")
        executor.submit(io_bound_function, "c")
    print("All tasks complete")


if __name__ == "__main__":
    example_simple()
