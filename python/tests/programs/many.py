# test: self
import threading
import time

event = threading.Event()
threads = []
try:
    for _ in range(400):
        thread = threading.Thread(target=event.wait)
        thread.start()
        threads.append(thread)
except RuntimeError as error:
    assert str(error) == "can't start new thread", error
else:
    assert False, "400 threads"
assert len(threads) >= 64, len(threads)
event.set()
for thread in threads:
    thread.join()
thread = threading.Thread(target=print, args=("another",))
thread.start()
thread.join()
print("ok")
