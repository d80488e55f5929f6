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


def example_process_pool_args_unpacked():
    """Submit a call for each dictionary to a ProcessPoolExecutor."""
    argument_dictionaries = [
        {"parameter_1": 1, "parameter_2": 2},
        {"parameter_1": 3, "parameter_2": 4},
    ]
    futures = []
    with ProcessPoolExecutor(max_workers=10) as executor:
        for argument in argument_dictionaries:
            futures.append(executor.submit(io_bound_function, **argument))
    return futures


# The workers import this file too: only the main program may go on here.
if __name__ == "__main__":
    futures = example_process_pool_args_unpacked()
    for future in futures:
        print(future.result())
