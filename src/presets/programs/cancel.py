# Run: python3.14 example.py

import time
from concurrent.futures import ThreadPoolExecutor


def work(number):
    """Simulate an IO-bound function."""
    print(f"work({number}) begins")
    time.sleep(0.3)
    return number


def example_cancel():
    """Cancel one call, then all that have not begun."""
    executor = ThreadPoolExecutor(max_workers=2)
    futures = [executor.submit(work, number) for number in range(8)]
    time.sleep(0.1)
    print("can a call that runs be cancelled?", futures[0].cancel())
    print("can a call that waits be cancelled?", futures[7].cancel())

    # Those that run are waited for, those in the queue never begin.
    executor.shutdown(wait=True, cancel_futures=True)
    for number, future in enumerate(futures):
        if future.cancelled():
            print(f"work({number}) was cancelled")
        else:
            print(f"work({number}) returned {future.result()}")

    try:
        executor.submit(work, 8)
    except RuntimeError as error:
        print("submit() raises:", error)


if __name__ == "__main__":
    example_cancel()
