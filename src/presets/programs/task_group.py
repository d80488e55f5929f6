# Run: python3.14 example.py

import asyncio


async def work(name, seconds, fails=False):
    """Simulate an IO-bound function that may fail."""
    try:
        print(f"{name} begins")
        await asyncio.sleep(seconds)
        if fails:
            raise ValueError(f"{name} has failed")
        print(f"{name} is done")
    except asyncio.CancelledError:
        print(f"{name} is cancelled")
        raise


async def example_task_group():
    """Run three coroutines as one: if one fails, the others are over."""
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(work("a", 0.1))
            group.create_task(work("b", 0.3, fails=True))
            group.create_task(work("c", 1))
    except* ValueError as errors:
        for error in errors.exceptions:
            print("the group raises:", error)


if __name__ == "__main__":
    asyncio.run(example_task_group())
