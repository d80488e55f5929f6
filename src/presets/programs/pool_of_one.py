# Run: python3.14 example.py

from concurrent.futures import ThreadPoolExecutor

executor = ThreadPoolExecutor(max_workers=1)


def inner():
    """Return at once, when a worker is free to call it."""
    print("inner() is called")
    return "result"


def outer():
    """Submit to the pool that runs this call, and wait for it."""
    future = executor.submit(inner)
    print("outer() waits for inner(), but has the only worker")
    try:
        # Without the timeout both would wait for ever.
        return future.result(timeout=0.5)
    except TimeoutError:
        print("outer() gives up after half a second")
        return None


def example_pool_of_one():
    """Let a pool's only worker wait for the pool."""
    with executor:
        print("outer() returned", executor.submit(outer).result())


if __name__ == "__main__":
    example_pool_of_one()
