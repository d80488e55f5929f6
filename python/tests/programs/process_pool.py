# test: gil
import multiprocessing
import os
import pickle
import threading
import time
from concurrent.futures import ProcessPoolExecutor, as_completed, wait
from concurrent.futures.process import BrokenProcessPool

value = "as imported"


class Weird(Exception):
    def __init__(self, a, b):
        super().__init__(f"{a} {b}")


def square(n):
    return n * n


def slow(n):
    time.sleep(n)
    return n


def fail(text):
    raise ValueError(text)


def odd(n):
    raise Weird(n, n)


def unpicklable():
    return threading.Lock()


def prepare(text):
    global value
    value = text


def read(_):
    return value


def broken():
    raise ValueError("not prepared")


def die():
    os._exit(3)


def leave():
    raise SystemExit(4)


def get_pid(_):
    time.sleep(0.05)
    return os.getpid()


def told(call, *args):
    try:
        print(call(*args))
    except BaseException as error:
        print(type(error).__name__, str(error).split(" (")[0])


def main():
    with ProcessPoolExecutor(max_workers=2) as executor:
        print(list(executor.map(square, range(10), chunksize=3)), list(executor.map(pow, [2, 3], [3, 2])))
        futures = [executor.submit(slow, n) for n in (0.6, 0.01)]
        print(sorted(f.result() for f in as_completed(futures)))
        print(len(wait([executor.submit(square, n) for n in range(3)]).done))
        # An exception brings the text of its traceback along.
        error = executor.submit(fail, "no").exception()
        print(type(error).__name__, error, type(error.__cause__).__name__)
        text = str(error.__cause__)
        print("Traceback (most recent call last)" in text, ", in fail" in text, text.rstrip().endswith('ValueError: no\n"""'))
        # What cannot be pickled: the pool goes on.
        told(executor.submit(square, threading.Lock()).result)
        told(executor.submit(unpicklable).result)
        # 3.11 has another kind of error for it.
        error = executor.submit(lambda: 1).exception()
        print(isinstance(error, (AttributeError, pickle.PicklingError)), "pickle local object" in str(error), "lambda" in str(error))
        told(executor.submit(leave).result)
        told(executor.submit(square, 5).result)
        told(lambda: list(executor.map(square, [1], chunksize=0)))
        told(lambda: executor.submit(slow, 1).result(timeout=0.05))
        names = []
        f = executor.submit(square, 2)
        f.add_done_callback(lambda f: names.append(f.result()))
        f.result()
        # Values change in the worker only.
        print(executor.submit(prepare, "changed").result(), value)
    print(names)
    told(executor.submit, square, 1)
    with ProcessPoolExecutor(2, initializer=prepare, initargs=("prepared",)) as executor:
        print(set(executor.map(read, range(4))), value)
    with ProcessPoolExecutor(1, initializer=broken) as executor:
        told(executor.submit(square, 1).result)
        told(executor.submit, square, 1)
    # The death of a worker breaks the pool.
    with ProcessPoolExecutor(1) as executor:
        futures = [executor.submit(die), executor.submit(square, 1)]
        for f in futures:
            told(f.result)
        told(executor.submit, square, 1)
    with ProcessPoolExecutor(1) as executor:
        f = executor.submit(slow, 60)
        time.sleep(0.5)
        for process in multiprocessing.active_children():
            process.kill()
        told(f.result)
    # Nor can an exception that cannot be made again be told.
    with ProcessPoolExecutor(1) as executor:
        print(type(executor.submit(odd, 1).exception()).__name__)
    # Cancelling.
    executor = ProcessPoolExecutor(1)
    futures = [executor.submit(slow, 1) for _ in range(6)]
    time.sleep(0.15)
    print([f.running() for f in futures], futures[-1].cancel())
    executor.shutdown(cancel_futures=True)
    print([f.cancelled() for f in futures])
    # As many processes as are needed, which are others than this one.
    with ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("spawn")) as executor:
        pids = set(executor.map(get_pid, range(6)))
        print(len(pids) <= 3, os.getpid() not in pids)
    with ProcessPoolExecutor(1, max_tasks_per_child=1, mp_context=multiprocessing.get_context("spawn")) as executor:
        print(len(set(executor.map(get_pid, range(3)))))
    told(ProcessPoolExecutor, 0)


if __name__ == "__main__":
    multiprocessing.set_start_method("forkserver")
    main()
