# test: gil free
import asyncio
import time


async def work(name, seconds):
    print("start", name)
    await asyncio.sleep(seconds)
    print("end", name)
    return name


async def main():
    began = time.perf_counter()
    print(await asyncio.gather(work("a", 0.1), work("b", 0.2), work("c", 0.3)))
    assert time.perf_counter() - began < 0.6
    async with asyncio.TaskGroup() as group:
        group.create_task(work("d", 0.02))
        group.create_task(work("e", 0.04))
    try:
        async with asyncio.timeout(0.05):
            await work("f", 5)
    except TimeoutError:
        print("timeout")
    print(await asyncio.to_thread(lambda: time.sleep(0.05) or "from a thread"))
    loop = asyncio.get_running_loop()
    print(await loop.run_in_executor(None, sum, [1, 2, 3]))
    queue = asyncio.Queue()
    task = asyncio.create_task(queue.get())
    await queue.put(7)
    print(await task)
    semaphore = asyncio.Semaphore(1)
    async with semaphore:
        print(semaphore.locked())
    done, pending = await asyncio.wait([asyncio.create_task(work("g", 0.01))], timeout=1)
    print(len(done), len(pending))
    task = asyncio.create_task(work("h", 5))
    await asyncio.sleep(0.01)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("cancelled")


asyncio.run(main())
