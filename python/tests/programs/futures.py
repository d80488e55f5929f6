# test: gil free
import threading
import time
from concurrent import futures
from concurrent.futures import ThreadPoolExecutor


def work(n):
    time.sleep(n / 50)
    return n


def fail(n):
    raise ValueError(f"no {n}")


def told(call, *args):
    try:
        print(call(*args))
    except BaseException as error:
        print(type(error).__name__, error)


# States, exceptions, callbacks.
f = futures.Future()
print(f.done(), f.running(), f.cancelled(), f.set_running_or_notify_cancel(), f.running(), f.cancel())
f.add_done_callback(lambda f: print("first"))
f.add_done_callback(lambda f: print("second", f.result()))
f.set_result(5)
f.add_done_callback(lambda f: print("at once"))
print(f.done(), f.result(), f.exception(), repr(f).split(" state=")[1])
told(f.set_result, 6)
f = futures.Future()
print(f.cancel(), f.cancelled(), f.done(), f.set_running_or_notify_cancel())
told(f.result)
told(futures.Future().result, 0.01)
told(futures.Future().exception, 0.01)

# map: in the order of its arguments; what fails is raised where it comes.
with ThreadPoolExecutor(2) as executor:
    print(list(executor.map(work, [3, 1, 2])), list(executor.map(pow, [2, 3], [5, 2])))
    results = executor.map(lambda n: fail(n) if n == 2 else n, [1, 2, 3])
    told(next, results)
    told(next, results)
    told(next, results)
    told(lambda: list(executor.map(work, [1, 20], timeout=0.1)))

# wait and as_completed.
with ThreadPoolExecutor(3, thread_name_prefix="mine") as executor:
    print(executor.submit(lambda: threading.current_thread().name).result())
    fs = [executor.submit(work, n) for n in (6, 1, 3)]
    print([f.result() for f in futures.as_completed(fs)])
    fs = [executor.submit(work, 10), executor.submit(fail, 1)]
    done, pending = futures.wait(fs, return_when=futures.FIRST_EXCEPTION)
    print([type(f.exception()).__name__ for f in done], len(pending))
    done, pending = futures.wait(fs, timeout=0.01)
    print(len(done), len(pending))
    told(lambda: list(futures.as_completed([executor.submit(work, 20), executor.submit(work, 0)], timeout=0.2)))

# A done callback runs in the worker; one that fails is logged, and no more.
with ThreadPoolExecutor(1) as executor:
    names = []
    f = executor.submit(work, 1)
    f.add_done_callback(lambda f: names.append(threading.current_thread().name[:18]))
    f.result()
print(names)

# Who may be cancelled; shutdown(cancel_futures).
executor = ThreadPoolExecutor(1)
fs = [executor.submit(work, 5) for _ in range(4)]
time.sleep(0.03)
print([f.cancel() for f in fs[:2]], fs[0].running())
executor.shutdown(wait=True, cancel_futures=True)
print([f.cancelled() for f in fs])
told(executor.submit, work, 1)

# Initializers.
ready = threading.local()


def prepare(value):
    ready.value = value


with ThreadPoolExecutor(2, initializer=prepare, initargs=("set",)) as executor:
    print(list(executor.map(lambda _: ready.value, range(3))))
broken = ThreadPoolExecutor(1, initializer=fail, initargs=("init",))
f = broken.submit(work, 1)
told(f.result)
told(broken.submit, work, 1)
broken.shutdown()
told(ThreadPoolExecutor, 0)
told(lambda: ThreadPoolExecutor(1, initializer=5))

# Threads are started only when none is idle.
executor = ThreadPoolExecutor(10)
for _ in range(5):
    executor.submit(work, 0).result()
    time.sleep(0.02)
print(len(executor._threads))
executor.shutdown()

# A call that waits for one in its own pool of one waits for ever, unless it has a timeout.
with ThreadPoolExecutor(1) as executor:
    told(executor.submit(lambda: executor.submit(work, 0).result(timeout=0.1)).result)

# Exceptions keep where they come from.
with ThreadPoolExecutor(1) as executor:
    error = executor.submit(fail, 7).exception()
    trace = error.__traceback__
    while trace.tb_next:
        trace = trace.tb_next
    print(error, trace.tb_frame.f_code.co_name)
# Not waited for: done all the same.
executor = ThreadPoolExecutor(2)
executor.submit(lambda: (time.sleep(0.05), print("at the end")))
executor.shutdown(wait=False)
