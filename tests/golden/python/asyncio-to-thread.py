# Run: python3.14 example.py

import asyncio
import time


def io_bound_function(parameter):
    """Simulate an IO-bound function using time.sleep(3)."""
    print(f"io_bound_function called with argument {parameter}")
    time.sleep(3)
    print(f"io_bound_function with argument {parameter} ended")
    return parameter


async def example_to_thread():
    """Hand a call for each argument to a thread."""
    argument_list = ["a", "b", "c"]
    results = await asyncio.gather(
        *(
            asyncio.to_thread(io_bound_function, argument)
            for argument in argument_list
        )
    )
    print(results)


if __name__ == "__main__":
    asyncio.run(example_to_thread())
