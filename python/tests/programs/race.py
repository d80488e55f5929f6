# test: free self
import sys
import threading

assert not sys._is_gil_enabled()
m = 0


def race(n):
    global m
    for _ in range(n):
        m += 1


for _ in range(20):
    m = 0
    threads = [threading.Thread(target=race, args=(20000,)) for _ in range(3)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    if m < 60000:
        break
assert m < 60000, "no race in twenty tries"
print("ok")
