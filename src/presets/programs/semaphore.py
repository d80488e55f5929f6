# Run: python3.14 example.py

import asyncio

inside = 0
most = 0


async def download(number, semaphore):
    """Simulate an IO-bound function that only four may do at once."""
    global inside, most
    async with semaphore:
        inside += 1
        most = max(most, inside)
        print(f"download {number} begins")
        await asyncio.sleep(0.2)
        inside -= 1
    return number


async def example_semaphore():
    """Start twelve coroutines; a semaphore lets them through."""
    semaphore = asyncio.Semaphore(4)
    calls = [download(number, semaphore) for number in range(12)]
    print(await asyncio.gather(*calls))
    print("most at once:", most)


if __name__ == "__main__":
    asyncio.run(example_semaphore())
