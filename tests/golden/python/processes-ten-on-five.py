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
    """Submit a call for each argument to a ProcessPoolExecutor."""
    futures = []
    with ProcessPoolExecutor(max_workers=5) as executor:
        for i in range(1, 11):
            futures.append(executor.submit(io_bound_function, i))
    print([future.result() for future in futures])
    return futures


# The workers import this file too: only the main program may go on here.
if __name__ == "__main__":
    futures = example_process_pool()
    for future in futures:
        print(future.result())
