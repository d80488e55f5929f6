# Run: python3.14 example.py

import os
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool


def work(number):
    """Simulate an IO-bound function, one call of which ends its process."""
    time.sleep(0.2)
    if number == 1:
        os._exit(1)  # as if the operating system had killed it
    time.sleep(3)
    return number


def example_dead_worker():
    """See what becomes of the calls when one worker dies."""
    with ProcessPoolExecutor(max_workers=2) as executor:
        futures = [executor.submit(work, number) for number in range(4)]
        for number, future in enumerate(futures):
            try:
                print(f"work({number}) returned {future.result()}")
            except BrokenProcessPool as error:
                print(f"work({number}) is lost: {error}")
        try:
            executor.submit(work, 4)
        except BrokenProcessPool as error:
            print("submit() raises:", error)


if __name__ == "__main__":
    example_dead_worker()
