# Run: python3.14 example.py

import time
from concurrent.futures import ThreadPoolExecutor


def io_bound_function(parameter_1, parameter_2):
    """Simulate an IO-bound function using time.sleep(3)."""
    print(
        f"io_bound_function called with arguments {parameter_1} "
        f"and {parameter_2}"
    )
    time.sleep(3)
    print(
        f"io_bound_function with arguments {parameter_1} "
        f"and {parameter_2} ended"
    )
    return parameter_1, parameter_2


def example_threadpool():
    """Submit a call for each dictionary to a ThreadPoolExecutor."""
    argument_dictionaries = [
        {"parameter_1": 1, "parameter_2": 2},
        {"parameter_1": 3, "parameter_2": 4},
    ]
    print("Starting ThreadPoolExecutor")
    futures = []
    with ThreadPoolExecutor(max_workers=3) as executor:
        for argument in argument_dictionaries:
            futures.append(executor.submit(io_bound_function, **argument))
    print("Done threading the io_bound_function")
    return futures


if __name__ == "__main__":
    futures = example_threadpool()
    for future in futures:
        print(future.result())
