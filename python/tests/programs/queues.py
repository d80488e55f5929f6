# test: gil free
import queue
import threading
import time

for kind in (queue.Queue, queue.LifoQueue, queue.PriorityQueue):
    q = kind(maxsize=3)
    for item in (2, 3, 1):
        q.put(item)
    print(kind.__name__, q.full(), q.qsize(), end=" ")
    try:
        q.put_nowait(4)
    except queue.Full:
        print("full", end=" ")
    try:
        q.put(4, timeout=0.02)
    except queue.Full:
        print("still full", end=" ")
    print([q.get() for _ in range(3)], q.empty(), end=" ")
    for how in ({"block": False}, {"timeout": 0.02}):
        try:
            q.get(**how)
        except queue.Empty:
            print("empty", end=" ")
    print()
    try:
        for _ in range(4):
            q.task_done()
    except ValueError as error:
        print(error)
    q.join()

q = queue.SimpleQueue()
q.put(1)
q.put_nowait(2)
print(q.qsize(), q.get(), q.get_nowait(), q.empty())
for how in ({"block": False}, {"timeout": 0.02}):
    try:
        q.get(**how)
    except queue.Empty:
        print("empty")
for wrong in (-1,):
    for q in (queue.Queue(), queue.SimpleQueue()):
        try:
            q.get(timeout=wrong)
        except ValueError as error:
            print(error)

# Producers and consumers, with join().
q = queue.Queue(4)
done = []


def consume():
    while (item := q.get()) is not None:
        time.sleep(0.001)
        done.append(item)
        q.task_done()
    q.task_done()


consumers = [threading.Thread(target=consume) for _ in range(3)]
[c.start() for c in consumers]
for item in range(30):
    q.put(item)
q.join()
print(sorted(done) == list(range(30)), q.unfinished_tasks)
for _ in consumers:
    q.put(None)
[c.join() for c in consumers]

# A get() that waits is woken by a put().
q = queue.SimpleQueue()
threading.Timer(0.05, q.put, ["late"]).start()
print(q.get(timeout=10))
p = queue.PriorityQueue()
for item in [(3, "c"), (1, "a"), (2, "b")]:
    p.put(item)
print([p.get()[1] for _ in range(3)])
