# test: self
# 32 threads that block at once: no more waits than one takes, though there are fewer workers at the start.
import threading
import time
from concurrent.futures import ThreadPoolExecutor

barrier = threading.Barrier(32)


def meet(n):
    # Gets on only when all 32 are here at once.
    barrier.wait(30)
    time.sleep(0.1)
    return threading.current_thread().name


with ThreadPoolExecutor(32) as executor:
    names = list(executor.map(meet, range(32)))
assert len(set(names)) == 32, names
began = time.perf_counter()
with ThreadPoolExecutor(max_workers=32) as executor:
    assert list(executor.map(lambda n: time.sleep(0.3) or n, range(32))) == list(range(32))
took = time.perf_counter() - began
assert 0.3 <= took < 0.3 * 16, took
print("ok")
