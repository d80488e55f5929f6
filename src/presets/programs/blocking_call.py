# Run: python3.14 example.py

import asyncio
import time


async def ticker(ticks):
    """Tick every 50 ms, if the event loop has time for it."""
    while True:
        await asyncio.sleep(0.05)
        ticks.append("tick")


async def blocked():
    """Block the event loop: nobody else gets on."""
    time.sleep(0.5)


async def cured():
    """Block a thread, and await it: the event loop is free."""
    await asyncio.to_thread(time.sleep, 0.5)


async def example_blocking_call():
    """Count what a ticker gets done beside a call that blocks."""
    for call in (blocked, cured):
        ticks = []
        task = asyncio.create_task(ticker(ticks))
        await asyncio.sleep(0)  # the ticker begins
        await call()
        task.cancel()
        print(f"{call.__name__}: the ticker ticked {len(ticks)} times")


if __name__ == "__main__":
    asyncio.run(example_blocking_call())
