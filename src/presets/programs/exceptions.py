# Run: python3.14 example.py

import threading
from concurrent.futures import ThreadPoolExecutor


def divide(a, b):
    """Return a divided by b, which may raise."""
    print(f"divide({a}, {b}) is called")
    return a / b


def example_exceptions():
    """See who hears of an exception, and who does not."""
    with ThreadPoolExecutor(max_workers=2) as executor:
        good = executor.submit(divide, 6, 3)
        read = executor.submit(divide, 1, 0)
        executor.submit(divide, 2, 0)  # nobody keeps this future
    print("the with block is left, and has raised nothing")

    print("good.result() returns", good.result())
    print("read.exception() returns", repr(read.exception()))
    try:
        read.result()
    except ZeroDivisionError as error:
        print("read.result() raises:", error)
    print("of divide(2, 0) nobody will ever hear")

    # A thread of one's own has no future: it prints its traceback.
    thread = threading.Thread(target=divide, args=(3, 0))
    thread.start()
    thread.join()
    print("the thread has died, and the program goes on")


if __name__ == "__main__":
    example_exceptions()
