# Run: python3.14 example.py

import asyncio

# How far to count: adjust it to your machine.
N = 920_000  # takes about 1 s in CPython


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


async def ticker(name, interval):
    """Simulate an IO-bound function using asyncio.sleep(interval)."""
    for _ in range(4):
        await asyncio.sleep(interval)
        print(f"ticker {name} ticks")


async def hog():
    """Simulate a function that waits for IO and computes."""
    await asyncio.sleep(0.3)
    print("hog computes")
    count = count_primes(N)
    print("hog is done")
    return count


async def example_cpu_hog():
    """Run the coroutines on one event loop."""
    await asyncio.gather(
        ticker(0, 0.2),
        ticker(1, 0.21),
        ticker(2, 0.22),
        hog(),
    )


if __name__ == "__main__":
    asyncio.run(example_cpu_hog())
