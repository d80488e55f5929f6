# Run: python3.14 example.py

import asyncio


async def io_bound_function(parameter):
    """Simulate an IO-bound function using asyncio.sleep(3)."""
    print(f"io_bound_function called with argument {parameter}")
    await asyncio.sleep(3)
    print(f"io_bound_function with argument {parameter} ended")
    return parameter


async def example_gather():
    """Run a coroutine for each argument, all on one event loop."""
    argument_list = ["a", "b", "c"]
    results = await asyncio.gather(
        *(io_bound_function(argument) for argument in argument_list)
    )
    print(results)


if __name__ == "__main__":
    asyncio.run(example_gather())
