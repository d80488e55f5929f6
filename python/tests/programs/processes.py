# test: any-order
import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool


def pid(n):
    # Longer than a second process takes to start.
    time.sleep(1.5)
    return os.getpid()


def square(n):
    return n * n


def fail(text):
    raise ValueError(text)


def child(queue, connection):
    queue.put(("from the child", multiprocessing.current_process().name != "MainProcess"))
    connection.send(connection.recv() + 1)


def die():
    os._exit(3)


if __name__ == "__main__":
    with ProcessPoolExecutor(max_workers=2) as executor:
        print(list(executor.map(square, range(5))))
        try:
            executor.submit(fail, "no").result()
        except ValueError as error:
            print("raised", error)
        print(len({os.getpid(), *executor.map(pid, range(2))}))
        try:
            executor.submit(lambda: 1).result()
        except Exception as error:
            print(type(error).__name__)
    queue = multiprocessing.Queue()
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(target=child, args=(queue, there))
    process.start()
    here.send(41)
    print(queue.get(), here.recv())
    process.join()
    print(process.exitcode, process.is_alive())
    process = multiprocessing.Process(target=die)
    process.start()
    process.join()
    print(process.exitcode)
    with ProcessPoolExecutor(max_workers=1) as executor:
        try:
            executor.submit(die).result()
        except BrokenProcessPool as error:
            print(error)
    with multiprocessing.Pool(2) as pool:
        print(pool.map(square, [1, 2, 3]), pool.apply(square, (4,)))
