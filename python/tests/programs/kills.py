# test: self
# Killed processes take nothing from those that come after them: their workers live on for a moment.
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool


def spin():
    while True:
        pass


if __name__ == "__main__":
    for _ in range(3):
        for call in (spin,), (time.sleep, 60):
            pool = ProcessPoolExecutor(max_workers=2)
            future = pool.submit(*call)
            time.sleep(0.2)
            next(iter(pool._processes.values())).kill()
            assert isinstance(future.exception(), BrokenProcessPool)
        assert ProcessPoolExecutor(max_workers=1).submit(len, "four").result() == 4
    print("ok")
