# Run: python3.14 example.py

import time
from concurrent.futures import ProcessPoolExecutor
from os import getpid


def io_bound_function(parameter):
    """Simulate an IO-bound function using time.sleep(3)."""
    print(
        f"io_bound_function called with argument {parameter} "
        f"using PID {getpid()}"
    )
    time.sleep(3)
    print(
        f"io_bound_function with argument {parameter} "
        f"using PID {getpid()} ended"
    )
    return parameter


def example_process_pool():
    """Submit the calls to a ProcessPoolExecutor."""
    with ProcessPoolExecutor(max_workers=3) as executor:
        executor.submit(io_bound_function, "a")
        executor.submit(io_bound_function, "b")
        executor.submit(io_bound_function, "c")


# The workers import this file too: only the main program may go on here.
if __name__ == "__main__":
    example_process_pool()
