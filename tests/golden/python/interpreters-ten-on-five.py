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
    """Submit a call for each argument to an InterpreterPoolExecutor."""
    futures = []
    with InterpreterPoolExecutor(max_workers=5) as executor:
        for i in range(1, 11):
            futures.append(executor.submit(io_bound_function, i))
    print([future.result() for future in futures])


# The workers import this file too: only the main program may go on here.
if __name__ == "__main__":
    example_interpreters()
