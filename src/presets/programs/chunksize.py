# Run: python3.14 example.py

import time
from concurrent.futures import ProcessPoolExecutor

CALLS = 200


def square(number):
    """Do next to nothing: the way there and back takes longer."""
    return number * number


def example_chunksize():
    """Send the same calls one by one, and in parcels of fifty."""
    with ProcessPoolExecutor(max_workers=2) as executor:
        list(executor.map(square, range(2)))  # the processes start here
        for chunksize in (1, 50):
            start = time.perf_counter()
            squares = executor.map(square, range(CALLS), chunksize=chunksize)
            total = sum(squares)
            took = (time.perf_counter() - start) * 1000
            parcels = CALLS // chunksize
            print(f"chunksize={chunksize}: {parcels} parcels, {took:.1f} ms")
            print("sum of the squares:", total)


if __name__ == "__main__":
    example_chunksize()
