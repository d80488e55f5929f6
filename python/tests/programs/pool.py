# test: any-order
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, as_completed, wait


def work(n):
    time.sleep(n / 50)
    return n * n


def fail():
    raise ValueError("no")


with ThreadPoolExecutor(max_workers=3, initializer=print, initargs=("init",)) as executor:
    print(list(executor.map(work, [3, 1, 2])))
    futures = {executor.submit(work, n): n for n in (4, 2, 3)}
    print([futures[f] for f in as_completed(futures)])
    f = executor.submit(fail)
    print(repr(f.exception()))
    try:
        f.result()
    except ValueError as error:
        print("raised", error)
    futures = [executor.submit(work, n) for n in (1, 5)]
    done, pending = wait(futures, return_when=FIRST_COMPLETED)
    print(len(done), len(pending))
    f = executor.submit(work, 1)
    f.add_done_callback(lambda f: print("callback", f.result()))
    f.result()
    time.sleep(0.1)
    slow = [executor.submit(work, 5) for _ in range(3)]
    late = executor.submit(work, 1)
    print(late.cancel(), late.cancelled())
    try:
        slow[0].result(timeout=0.01)
    except TimeoutError:
        print("timeout")
try:
    executor.submit(work, 1)
except RuntimeError as error:
    print(error)
with ThreadPoolExecutor(max_workers=32) as many:
    print(sum(many.map(lambda n: time.sleep(0.05) or n, range(32))))
