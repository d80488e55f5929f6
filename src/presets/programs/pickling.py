# Run: python3.14 example.py

import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

NUMBERS = list(range(200_000))


def example_pickling():
    """Give one list to a process and to a thread: the work is small."""
    for pool in (ProcessPoolExecutor, ThreadPoolExecutor):
        with pool(max_workers=1) as executor:
            executor.submit(sum, []).result()  # the worker starts here
            start = time.perf_counter()
            total = executor.submit(sum, NUMBERS).result()
            took = (time.perf_counter() - start) * 1000
            print(f"{pool.__name__}: {total} after {took:.1f} ms")

    start = time.perf_counter()
    total = sum(NUMBERS)
    took = (time.perf_counter() - start) * 1000
    print(f"nobody else: {total} after {took:.1f} ms")


if __name__ == "__main__":
    example_pickling()
