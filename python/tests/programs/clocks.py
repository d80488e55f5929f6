# test: self
import os
import sys
import threading
import time

for clock in (time.monotonic, time.perf_counter, time.time):
    began = clock()
    time.sleep(0.02)
    took = clock() - began
    assert 0.0195 <= took < 5, (clock, took)
assert abs(time.time_ns() / 1e9 - time.time()) < 1
assert time.perf_counter_ns() > 0 and time.monotonic_ns() > 0
assert 1.7e9 < time.time() < 4e9
assert time.strftime("%Y", time.localtime()) >= "2024"
assert time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(0)) == "1970-01-01 00:00:00"
assert time.mktime(time.localtime(1e9)) == 1e9
assert time.gmtime(86400).tm_mday == 2
assert time.strptime("2024-02-29", "%Y-%m-%d").tm_yday == 60
assert isinstance(time.ctime(), str) and isinstance(time.asctime(), str)
assert time.get_clock_info("monotonic").monotonic
try:
    time.sleep(-1)
except ValueError as error:
    assert str(error) == "sleep length must be non-negative", error
assert os.getpid() > 0 and os.getppid() > 0 and os.cpu_count() >= 1
assert threading.get_ident() != 0
assert sys.version_info[:2] == (3, 14) and sys.implementation.name
assert sys.getswitchinterval() == 0.005
assert len(os.urandom(8)) == 8
# The clock goes on in other threads by the same count.
seen = []
before = time.perf_counter()
thread = threading.Thread(target=lambda: seen.append(time.perf_counter()))
thread.start()
thread.join()
assert before <= seen[0] <= time.perf_counter()
print("ok")
