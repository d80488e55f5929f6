# test: gil free
import sys
import threading
import time

# Names, numbers, who is alive.
main = threading.current_thread()
print(main is threading.main_thread(), main.name, main.daemon, main.is_alive())
print(main.ident == threading.get_ident(), threading.get_native_id() > 0, isinstance(main.native_id, int))


def own():
    thread = threading.current_thread()
    print(thread.name, thread.ident == threading.get_ident(), thread is not main, thread.daemon)


thread = threading.Thread(target=own)
print(thread.name, thread.ident, thread.is_alive(), thread.daemon)
thread.start()
thread.join()
print(thread.is_alive(), thread.ident is not None)
try:
    thread.start()
except RuntimeError as error:
    print(error)
thread = threading.Thread(name="named", target=own, daemon=True)
try:
    thread.join()
except RuntimeError as error:
    print(error)
thread.start()
thread.join(5)
thread.name = "renamed"
print(repr(thread).split(",")[0], thread.daemon)
try:
    main.join()
except RuntimeError as error:
    print(error)
print(sorted(t.name for t in threading.enumerate()), threading.active_count())


class Counter(threading.Thread):
    def __init__(self, n):
        super().__init__(name=f"counter-{n}")
        self.n = n

    def run(self):
        self.sum = sum(range(self.n))


counters = [Counter(n) for n in (10, 20)]
[c.start() for c in counters]
[c.join() for c in counters]
print([c.sum for c in counters], [c.name for c in counters])

# What goes wrong in a thread goes to the hook, and the program goes on.
seen = []
threading.excepthook = lambda args: seen.append((args.exc_type.__name__, str(args.exc_value), args.thread.name))


def fail():
    raise KeyError("lost")


thread = threading.Thread(target=fail, name="failing")
thread.start()
thread.join()
print(seen)
thread = threading.Thread(target=sys.exit)
thread.start()
thread.join()
print(len(seen))
threading.excepthook = threading.__excepthook__

# Locks that are used wrongly.
lock, rlock = threading.Lock(), threading.RLock()
for wrong in (lock.release, rlock.release, threading.BoundedSemaphore(1).release, threading.Condition().notify,
              threading.Condition().wait, lambda: threading.Semaphore(-1), lambda: lock.acquire(False, 1)):
    try:
        wrong()
    except (RuntimeError, ValueError) as error:
        print(type(error).__name__, error)
print(lock.acquire(), lock.locked(), lock.acquire(False), lock.release(), lock.locked())
result = []
rlock.acquire()
thread = threading.Thread(target=lambda: result.append(rlock.acquire(blocking=False)))
thread.start()
thread.join()
print(result)
began = time.perf_counter()
lock.acquire()
print(lock.acquire(timeout=0.1), 0.1 <= time.perf_counter() - began < 5)

# A barrier.
barrier = threading.Barrier(2, action=lambda: print("both"), timeout=10)
places = []
threads = [threading.Thread(target=lambda: places.append(barrier.wait())) for _ in range(2)]
[t.start() for t in threads]
[t.join() for t in threads]
print(sorted(places), barrier.parties, barrier.n_waiting, barrier.broken)
try:
    barrier.wait(0.05)
except threading.BrokenBarrierError:
    print("broken", barrier.broken)
barrier.reset()
print(barrier.broken)
barrier.abort()
try:
    barrier.wait()
except threading.BrokenBarrierError:
    print("aborted")

# Conditions and timers.
condition = threading.Condition()
with condition:
    print(condition.wait(0.02), condition.wait_for(lambda: False, 0.02))
timer = threading.Timer(0.05, print, ["never"])
timer.start()
timer.cancel()
timer.join()
timer = threading.Timer(0.01, lambda a, b: print("timer", a, b), [1], {"b": 2})
timer.start()
timer.join()
event = threading.Event()
print(event.is_set(), event.wait(0), event.set(), event.wait(0), event.clear(), event.is_set())


class Own(threading.local):
    def __init__(self, start):
        self.value = start


own_value = Own(5)


def change():
    own_value.value += 1
    print("in the thread", own_value.value)


for _ in range(2):
    thread = threading.Thread(target=change)
    thread.start()
    thread.join()
print("here", own_value.value)
print(threading.stack_size(), threading.TIMEOUT_MAX > 1000)
sys.setswitchinterval(0.01)
print(sys.getswitchinterval())
try:
    sys.setswitchinterval(0)
except ValueError as error:
    print(error)
