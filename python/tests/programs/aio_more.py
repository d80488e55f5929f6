# test: gil
import asyncio
import contextvars
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor


async def work(name, seconds=0.01):
    await asyncio.sleep(seconds)
    return name


async def fail(text, seconds=0.01):
    await asyncio.sleep(seconds)
    raise ValueError(text)


async def told(awaitable):
    try:
        print(await awaitable)
    except BaseException as error:
        print(type(error).__name__, error)


def block(n):
    time.sleep(0.02)
    return n * 2


async def locks():
    lock, event, condition = asyncio.Lock(), asyncio.Event(), asyncio.Condition()
    order = []

    async def one(name):
        async with lock:
            order.append(name)
            await asyncio.sleep(0.001)
            order.append(name)

    await asyncio.gather(one("a"), one("b"))
    print(order, lock.locked())
    waiting = asyncio.create_task(event.wait())
    await asyncio.sleep(0)
    event.set()
    print(await waiting, event.is_set())

    async def notified():
        async with condition:
            await condition.wait()
            return "notified"

    waiting = asyncio.create_task(notified())
    await asyncio.sleep(0)
    async with condition:
        condition.notify_all()
    print(await waiting)
    semaphore = asyncio.BoundedSemaphore(2)
    inside = most = 0

    async def enter():
        nonlocal inside, most
        async with semaphore:
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.002)
            inside -= 1

    await asyncio.gather(*(enter() for _ in range(6)))
    print(most)
    try:
        semaphore.release()
    except ValueError as error:
        print(error)
    barrier = asyncio.Barrier(2)
    print(sorted(await asyncio.gather(barrier.wait(), barrier.wait())))


async def queues():
    queue = asyncio.Queue(maxsize=2)

    async def produce():
        for n in range(5):
            await queue.put(n)
        await queue.put(None)

    producer = asyncio.create_task(produce())
    got = []
    while (item := await queue.get()) is not None:
        got.append(item)
        queue.task_done()
    queue.task_done()
    await queue.join()
    await producer
    print(got, queue.empty())
    for wrong in (queue.get_nowait, lambda: [queue.put_nowait(n) for n in range(3)]):
        try:
            wrong()
        except (asyncio.QueueEmpty, asyncio.QueueFull) as error:
            print(type(error).__name__)
    for kind in (asyncio.PriorityQueue, asyncio.LifoQueue):
        queue = kind()
        for n in (2, 3, 1):
            queue.put_nowait(n)
        print([await queue.get() for _ in range(3)])


async def errors():
    print(await asyncio.gather(work("a"), fail("no"), return_exceptions=True))
    await told(asyncio.gather(work("a", 0.05), fail("first")))
    await told(asyncio.wait_for(work("slow", 5), 0.02))
    await told(asyncio.wait_for(work("quick"), 5))

    async def cancelled_with():
        try:
            await asyncio.sleep(5)
        except asyncio.CancelledError:
            print("cleans up")
            raise

    async def group():
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(cancelled_with())
            tasks.create_task(fail("one"))
            tasks.create_task(fail("two"))

    try:
        await group()
    except* ValueError as errors:
        print(sorted(map(str, errors.exceptions)), errors.message)
    task = asyncio.create_task(cancelled_with(), name="a task")
    await asyncio.sleep(0)
    print(task.get_name(), task.cancel("because"), task.cancelled())
    await told(task)
    print(task.cancelled(), task.done())
    try:
        async with asyncio.timeout(0.02) as limit:
            await asyncio.sleep(5)
    except TimeoutError:
        print("timeout", limit.expired())
    shielded = asyncio.create_task(work("shielded", 0.05))
    await told(asyncio.wait_for(asyncio.shield(shielded), 0.01))
    print(await shielded)
    done, pending = await asyncio.wait(
        [asyncio.create_task(work("x")), asyncio.create_task(work("y", 5))], return_when=asyncio.FIRST_COMPLETED)
    print([task.result() for task in done], len(pending))
    for task in pending:
        task.cancel()
    for each in asyncio.as_completed([work("late", 0.1), work("soon", 0.01)]):
        print(await each)


variable = contextvars.ContextVar("variable", default="none")


async def executors():
    loop = asyncio.get_running_loop()
    print(await asyncio.gather(*(asyncio.to_thread(block, n) for n in range(3))))
    variable.set("from the task")
    print(await asyncio.to_thread(variable.get))
    with ThreadPoolExecutor(2) as pool:
        print(await asyncio.gather(*(loop.run_in_executor(pool, block, n) for n in range(3))))
    with ProcessPoolExecutor(2) as pool:
        print(await asyncio.gather(*(loop.run_in_executor(pool, block, n) for n in range(3))))
    await told(loop.run_in_executor(None, int, "x"))
    later = loop.create_future()
    loop.call_later(0.01, later.set_result, "later")
    print(await later)
    loop.call_soon(print, "soon")
    await asyncio.sleep(0)
    future = asyncio.run_coroutine_threadsafe(work("from a thread"), loop)
    print(await asyncio.wrap_future(future))
    order = []

    async def step(n):
        await asyncio.sleep(0.03)
        order.append(n)

    await asyncio.gather(*(step(n) for n in range(5)))
    print(order)

    async def numbers():
        for n in range(3):
            await asyncio.sleep(0)
            yield n

    print([n async for n in numbers()])
    print(len(asyncio.all_tasks()), asyncio.current_task() in asyncio.all_tasks())


if __name__ == "__main__":
    for part in (locks, queues, errors, executors):
        asyncio.run(part())
    try:
        asyncio.run(fail("out of run"))
    except ValueError as error:
        print(error)
    with asyncio.Runner() as runner:
        print(runner.run(work("runner")))
