# Run: python3.14 example.py

import time
from concurrent.futures import ThreadPoolExecutor


def io_bound_function(parameter):
    """Simulate an IO-bound function using time.sleep(3)."""
    print(f"io_bound_function called with argument {parameter}")
    time.sleep(3)
    print(f"io_bound_function with argument {parameter} ended")
    return parameter


def example_threadpool():
    """Submit a call for each argument to a ThreadPoolExecutor."""
    argument_list = ["a", "b", "c"]
    print("Starting ThreadPoolExecutor")
    futures = []
    with ThreadPoolExecutor(max_workers=3) as executor:
        for argument in argument_list:
            futures.append(executor.submit(io_bound_function, argument))
    print("Done threading the io_bound_function")
    return futures


if __name__ == "__main__":
    futures = example_threadpool()
    for future in futures:
        print(future.result())
