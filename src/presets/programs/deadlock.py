# Run: python3.14 example.py

import threading
import time

spoon = threading.Lock()
fork = threading.Lock()


def eat(name, first, second):
    """Take two locks, one after the other."""
    with first:
        print(f"{name} has one lock and wants the other")
        time.sleep(0.1)
        with second:
            print(f"{name} eats")


def example_deadlock():
    """Let two threads take the same locks, in opposite orders."""
    threads = [
        threading.Thread(target=eat, args=("Ann", spoon, fork), name="Ann"),
        threading.Thread(target=eat, args=("Bob", fork, spoon), name="Bob"),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()  # for ever
    print("nobody gets here; they would if both took the spoon first")


if __name__ == "__main__":
    example_deadlock()
