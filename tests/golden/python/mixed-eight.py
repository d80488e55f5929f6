# Run: python3.14 example.py

import time
from concurrent.futures import ThreadPoolExecutor

# How far to count: adjust it to your machine.
N = 110_000  # takes about 0.05 s in CPython


def count_primes(n):
    """Count the primes below n by trial division."""
    count = 1 if n > 2 else 0  # 2 is the only even prime
    for candidate in range(3, n, 2):
        divisor = 3
        while divisor * divisor <= candidate:
            if candidate % divisor == 0:
                break
            divisor += 2
        else:
            count += 1
    return count


def mixed_function(parameter):
    """Simulate a function that waits for IO and computes."""
    time.sleep(0.1)
    return count_primes(N)


def example_mixed():
    """Submit a call for each argument to a ThreadPoolExecutor."""
    futures = []
    with ThreadPoolExecutor(max_workers=4) as executor:
        for i in range(8):
            futures.append(executor.submit(mixed_function, i))
    print([future.result() for future in futures])


if __name__ == "__main__":
    example_mixed()
