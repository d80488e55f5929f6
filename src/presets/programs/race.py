# Run: python3.14t example.py

import sys
import threading

TIMES = 20_000
counter = 0
lock = threading.Lock()


def count():
    """Read, add, write: another thread may write in between."""
    global counter
    for _ in range(TIMES):
        counter += 1


def count_with_lock():
    """Read, add, write: one thread after the other."""
    global counter
    for _ in range(TIMES):
        with lock:
            counter += 1


def example_race():
    """Let three threads count, without a lock and with one."""
    global counter
    enabled = getattr(sys, "_is_gil_enabled", lambda: True)
    print("is there a GIL?", enabled())
    for function in (count, count_with_lock):
        counter = 0
        threads = [threading.Thread(target=function) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(f"{function.__name__}: {counter} of {3 * TIMES}")


if __name__ == "__main__":
    example_race()
