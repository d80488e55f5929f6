# test: gil any-order
import multiprocessing as mp
import os
import sys
import time
from multiprocessing.pool import ThreadPool
from queue import Empty, Full


def hello(name, number=0):
    print("hello", name, number, mp.current_process().name, mp.parent_process().name)


def leave(code):
    sys.exit(code)


def fail():
    raise ValueError("in a process")


def sleep(seconds):
    time.sleep(seconds)


def square(n):
    return n * n


def add(a, b):
    return a + b


def echo(connection):
    while True:
        try:
            connection.send(connection.recv() * 2)
        except EOFError:
            break
    connection.close()


def locked(lock, queue, name):
    with lock:
        queue.put((name, "in"))
        time.sleep(0.05)
        queue.put((name, "out"))


def consume(queue):
    while (item := queue.get()) is not None:
        queue.task_done()
    queue.task_done()


def wait_for(event, condition, queue):
    queue.put("waiting")
    event.wait()
    with condition:
        queue.put("notified" if condition.wait(20) else "not")


def meet(barrier, queue):
    queue.put(barrier.wait())


class Own(mp.Process):
    def __init__(self, queue):
        super().__init__(name="own")
        self.queue = queue

    def run(self):
        self.queue.put((self.name, os.getpid() == self.pid))


def basics():
    print(mp.current_process().name, mp.parent_process(), mp.cpu_count() == os.cpu_count(), mp.get_start_method())
    process = mp.Process(target=hello, args=("a",), kwargs={"number": 3}, name="called")
    print(process.name, process.pid, process.exitcode, process.is_alive(), process.daemon)
    process.start()
    print(process.pid != os.getpid(), process in mp.active_children())
    process.join()
    print(process.exitcode, process.is_alive(), mp.active_children())
    for code in (0, 7, None):
        process = mp.Process(target=leave, args=(code,))
        process.start()
        process.join()
        print(process.exitcode)
    process = mp.Process(target=fail)
    process.start()
    process.join()
    print(process.exitcode)
    for end in ("terminate", "kill"):
        process = mp.Process(target=sleep, args=(60,), daemon=True)
        process.start()
        process.join(0.05)
        print(process.is_alive(), process.exitcode)
        getattr(process, end)()
        process.join()
        print(process.exitcode)
    process.close()
    try:
        process.is_alive()
    except ValueError as error:
        print(error)
    queue = mp.SimpleQueue()
    process = Own(queue)
    process.start()
    print(queue.get())
    process.join()
    try:
        process.start()
    except AssertionError as error:
        print(error)
    daemon = mp.Process(target=sleep, args=(60,), daemon=True)
    daemon.start()


def queues():
    queue = mp.Queue(2)
    queue.put(1)
    queue.put([2])
    try:
        queue.put(3, timeout=0.05)
    except Full:
        print("full")
    print(queue.get(), queue.get(timeout=20))
    for how in ({"block": False}, {"timeout": 0.05}):
        try:
            queue.get(**how)
        except Empty:
            print("empty")
    joinable = mp.JoinableQueue()
    process = mp.Process(target=consume, args=(joinable,))
    process.start()
    for n in range(5):
        joinable.put(n)
    joinable.put(None)
    joinable.join()
    process.join()
    print("joined")
    here, there = mp.Pipe()
    process = mp.Process(target=echo, args=(there,))
    process.start()
    there.close()
    for value in (21, "ab", [1, None]):
        here.send(value)
        print(here.recv())
    print(here.poll(), here.poll(0.02))
    here.send("y" * 200_000)
    print(len(here.recv()))
    here.close()
    process.join()
    print(process.exitcode)
    reader, writer = mp.Pipe(duplex=False)
    writer.send_bytes(b"bytes")
    print(reader.recv_bytes(), reader.readable, reader.writable)
    for wrong in (lambda: reader.send(1), lambda: writer.recv()):
        try:
            wrong()
        except OSError as error:
            print(error)
    writer.close()
    try:
        reader.recv()
    except EOFError:
        print("end of file")


def locks():
    lock, queue = mp.Lock(), mp.Queue()
    processes = [mp.Process(target=locked, args=(lock, queue, n)) for n in range(2)]
    [p.start() for p in processes]
    seen = [queue.get() for _ in range(4)]
    [p.join() for p in processes]
    print([seen[i][0] == seen[i + 1][0] for i in (0, 2)])
    rlock = mp.RLock()
    with rlock, rlock:
        print("twice")
    semaphore = mp.BoundedSemaphore(1)
    print(semaphore.acquire(), semaphore.acquire(timeout=0.02), semaphore.acquire(False), semaphore.get_value())
    semaphore.release()
    for wrong in (semaphore.release, lock.release, rlock.release):
        try:
            wrong()
        except (ValueError, AssertionError) as error:
            print(type(error).__name__, error)
    event, condition = mp.Event(), mp.Condition()
    process = mp.Process(target=wait_for, args=(event, condition, queue))
    process.start()
    print(queue.get(), event.is_set(), event.wait(0.01))
    event.set()
    while process.is_alive():
        with condition:
            condition.notify_all()
        time.sleep(0.01)
    print(queue.get(), event.is_set())
    barrier = mp.Barrier(3)
    processes = [mp.Process(target=meet, args=(barrier, queue)) for _ in range(2)]
    [p.start() for p in processes]
    print(sorted([barrier.wait(20), queue.get(), queue.get()]), barrier.broken)
    [p.join() for p in processes]


def pools():
    with mp.Pool(2) as pool:
        print(pool.map(square, range(6)), pool.starmap(add, [(1, 2), (3, 4)]), pool.apply(add, (5, 6)))
        result = pool.apply_async(square, (9,), callback=lambda value: print("callback", value))
        print(result.get(20), result.ready(), result.successful())
        print(sorted(pool.imap_unordered(square, range(5), chunksize=2)), list(pool.imap(square, range(3))))
        print(pool.map_async(square, [1, 2]).get(), pool.starmap_async(add, [(1, 1)]).get())
        try:
            pool.apply(fail)
        except ValueError as error:
            print("raised", error)
        failed = pool.apply_async(fail, error_callback=lambda error: print("error callback", error))
        failed.wait(20)
        try:
            pool.apply_async(sleep, (3,)).get(timeout=0.05)
        except mp.TimeoutError:
            print("timeout")
    pool = mp.Pool(1, initializer=hello, initargs=("initializer",))
    pool.close()
    pool.join()
    try:
        pool.map(square, [1])
    except ValueError as error:
        print(error)
    with ThreadPool(2) as pool:
        print(pool.map(square, [1, 2, 3]))


if __name__ == "__main__":
    mp.set_start_method("spawn")
    for part in (basics, queues, locks, pools):
        print("--", part.__name__)
        part()
