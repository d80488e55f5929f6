# test: any-order
import threading
import queue
import time

lock = threading.Lock()
total = 0


def add(count):
    global total
    for _ in range(count):
        with lock:
            total += 1


threads = [threading.Thread(target=add, args=(500,), name=f"adder-{i}") for i in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(total, [t.name for t in threads], threading.current_thread().name, threading.active_count())

condition = threading.Condition()
ready = []


def consumer():
    with condition:
        print("waited", condition.wait_for(lambda: ready, timeout=5))


c = threading.Thread(target=consumer)
c.start()
with condition:
    ready.append(1)
    condition.notify_all()
c.join()

event = threading.Event()
print("timed out", event.wait(0.05))
threading.Timer(0.05, event.set).start()
print("set", event.wait(5))

semaphore = threading.Semaphore(2)
inside, most = 0, 0


def enter():
    global inside, most
    with semaphore:
        with lock:
            inside += 1
            most = max(most, inside)
        time.sleep(0.02)
        with lock:
            inside -= 1


threads = [threading.Thread(target=enter) for _ in range(6)]
[t.start() for t in threads]
[t.join() for t in threads]
print("at once", most)

barrier = threading.Barrier(3)
order = []


def meet():
    order.append("before")
    barrier.wait()
    order.append("after")


threads = [threading.Thread(target=meet) for _ in range(3)]
[t.start() for t in threads]
[t.join() for t in threads]
print(order)

local = threading.local()
local.x = 1


def own():
    print("has x", hasattr(local, "x"))


t = threading.Thread(target=own)
t.start()
t.join()

q = queue.Queue(maxsize=2)


def produce():
    for i in range(5):
        q.put(i)
    q.put(None)


t = threading.Thread(target=produce)
t.start()
items = []
while (item := q.get()) is not None:
    items.append(item)
t.join()
print(items)
try:
    q.get(timeout=0.05)
except queue.Empty:
    print("empty")
r = threading.RLock()
with r:
    with r:
        print("twice")
print(lock.acquire(timeout=0.01), lock.acquire(timeout=0.01), lock.acquire(blocking=False))
daemon = threading.Thread(target=time.sleep, args=(60,), daemon=True)
daemon.start()
print("alive", daemon.is_alive())
