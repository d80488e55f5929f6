# Three programs, by one worker and by two: what takes how long, as lines of "program way seconds". For bench.mjs, which runs
# it in a browser, and in python3 with "threads", the only way that it compares: an older one has no interpreters.
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial

ROUNDS = 15


def loop(n=400_000):
    total = 0
    for i in range(n):
        total += i * i % 7
    return total


def alloc(n=60_000):
    rows = {}
    for i in range(n):
        rows[i % 997] = [i, str(i), (i, i + 1)]
    return len(rows)


def objects(n=40_000):
    class Point:
        def __init__(self, x):
            self.x = x

    points = [Point(i) for i in range(n)]
    return sum(point.x for point in points)


def shortest(functions):
    """The shortest of some times for each, in turns: what else the machine does only adds to them."""
    times = [[] for _ in functions]
    for _ in range(ROUNDS):
        for function, own in zip(functions, times):
            began = time.perf_counter()
            function()
            own.append(time.perf_counter() - began)
    return [min(own) for own in times]


if __name__ == "__main__":
    ways = [ThreadPoolExecutor]
    if "threads" not in sys.argv:
        from concurrent.futures import InterpreterPoolExecutor

        ways += [InterpreterPoolExecutor, ProcessPoolExecutor]
    for program in (loop, alloc, objects):
        executors = [way(2) for way in ways]

        def twice(executor):
            for future in [executor.submit(program), executor.submit(program)]:
                future.result()

        for executor in executors:
            # Once before: the workers start, and import this file.
            twice(executor)
        functions = [program, *(partial(twice, executor) for executor in executors)]
        for way, seconds in zip(["serial", *(way.__name__ for way in ways)], shortest(functions)):
            print(program.__name__, way, seconds, flush=True)
        for executor in executors:
            executor.shutdown()
