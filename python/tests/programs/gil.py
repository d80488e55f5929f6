# test: gil self
import sys
import threading

assert sys._is_gil_enabled()
m = 0


def race(n):
    global m
    for _ in range(n):
        m += 1


sys.setswitchinterval(0.0005)
assert abs(sys.getswitchinterval() - 0.0005) < 1e-9
threads = [threading.Thread(target=race, args=(20000,)) for _ in range(3)]
[t.start() for t in threads]
[t.join() for t in threads]
assert m == 60000, m
print("ok")
