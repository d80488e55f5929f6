# Run: python3.14 example.py

import time
from concurrent.futures import ProcessPoolExecutor
from os import getpid


def io_bound_function(parameter_1, parameter_2):
    """Simulate an IO-bound function using time.sleep(3)."""
    print(
        f"io_bound_function called with arguments {parameter_1} "
        f"and {parameter_2} using PID {getpid()}"
    )
    time.sleep(3)
    print(
        f"io_bound_function with arguments {parameter_1} and {parameter_2} "
        f"using PID {getpid()} ended"
    )
    return parameter_1, parameter_2


def example_process_pool_simple():
    """Submit the calls to a ProcessPoolExecutor."""
    with ProcessPoolExecutor(max_workers=10) as executor:
        executor.submit(io_bound_function, "a", "a")
        executor.submit(io_bound_function, "b", "b")
        executor.submit(io_bound_function, "c", "c")


# The workers import this file too: only the main program may go on here.
if __name__ == "__main__":
    example_process_pool_simple()
