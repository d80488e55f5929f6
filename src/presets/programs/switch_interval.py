# Run: python3.14 example.py

import sys
import threading
import time

turns = []


def compute(name, until):
    """Compute until then, and write down when it is this thread's turn."""
    while time.perf_counter() < until:
        if turns[-1] != name:
            turns.append(name)


def example_switch_interval():
    """Let two threads compute under three switch intervals."""
    for interval in (0.0005, 0.005, 0.05):
        sys.setswitchinterval(interval)
        turns[:] = ["nobody"]
        until = time.perf_counter() + 0.3
        threads = [
            threading.Thread(target=compute, args=(name, until), name=name)
            for name in ("left", "right")
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(f"{interval * 1000:g} ms: {len(turns) - 1} turns in 0.3 s")


if __name__ == "__main__":
    example_switch_interval()
