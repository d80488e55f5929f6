# Three programs, by one worker and by two: what takes how long, as lines of "program way seconds". For bench.mjs, which runs
# it in a browser, and in python3 with "threads", the only way that it compares: an older one has no interpreters.
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

ROUNDS = 7


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


def best(function):
    """The shortest of some times: what else the machine does only adds to them."""
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        function()
        times.append(time.perf_counter() - began)
    return min(times)


if __name__ == "__main__":
    ways = [ThreadPoolExecutor]
    if "threads" not in sys.argv:
        from concurrent.futures import InterpreterPoolExecutor

        ways += [InterpreterPoolExecutor, ProcessPoolExecutor]
    for program in (loop, alloc, objects):
        print(program.__name__, "serial", best(program), flush=True)
        for way in ways:
            with way(2) as executor:

                def twice():
                    for future in [executor.submit(program), executor.submit(program)]:
                        future.result()

                # Once before: the workers start, and import this file.
                twice()
                print(program.__name__, way.__name__, best(twice), flush=True)
