# test: self
import queue
import threading

q = queue.Queue()
q.put(1)
q.shutdown()
try:
    q.put(2)
    assert False
except queue.ShutDown:
    pass
assert q.get() == 1
try:
    q.get()
    assert False
except queue.ShutDown:
    pass

# Whoever waits is woken.
q = queue.Queue()
woken = []


def wait():
    try:
        q.get()
    except queue.ShutDown:
        woken.append(1)


threads = [threading.Thread(target=wait) for _ in range(3)]
[t.start() for t in threads]
q.shutdown()
[t.join() for t in threads]
assert woken == [1, 1, 1], woken
q = queue.LifoQueue()
q.put(1)
q.shutdown(immediate=True)
assert q.empty()
q.join()
print("ok")
