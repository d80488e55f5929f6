# Run: python3.14 example.py

import time
from concurrent.futures import InterpreterPoolExecutor


def io_bound_function(parameter):
    """Simulate an IO-bound function using time.sleep(3)."""
    print(f"io_bound_function called with argument {parameter}")
    time.sleep(3)
    print(f"io_bound_function with argument {parameter} ended")
    return parameter


def example_interpreters():
    """Submit the calls to an InterpreterPoolExecutor."""
    print("Starting InterpreterPoolExecutor")
    with InterpreterPoolExecutor(max_workers=3) as executor:
        executor.submit(io_bound_function, "a")
        executor.submit(io_bound_function, "b")
        executor.submit(io_bound_function, "c")
    print("All tasks complete")


# The workers import this file too: only the main program may go on here.
if __name__ == "__main__":
    example_interpreters()
