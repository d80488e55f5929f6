# Run: python3.14 example.py

import time
from concurrent.futures import ThreadPoolExecutor, as_completed

SECONDS = [0.6, 0.2, 0.4]


def wait(seconds):
    """Simulate an IO-bound function that takes so long."""
    time.sleep(seconds)
    return seconds


def example_map_as_completed():
    """Get the same results in two orders."""
    with ThreadPoolExecutor(max_workers=3) as executor:
        start = time.perf_counter()
        for result in executor.map(wait, SECONDS):
            passed = time.perf_counter() - start
            print(f"map: wait({result}) comes after {passed:.1f} s")

        start = time.perf_counter()
        futures = [executor.submit(wait, seconds) for seconds in SECONDS]
        for future in as_completed(futures):
            passed = time.perf_counter() - start
            result = future.result()
            print(f"as_completed: wait({result}) comes after {passed:.1f} s")


if __name__ == "__main__":
    example_map_as_completed()
