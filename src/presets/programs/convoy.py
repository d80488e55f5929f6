# Run: python3.14 example.py

import threading
import time

WAIT = 0.005
done = False


def hog():
    """Simulate a CPU-bound function that never waits."""
    while not done:
        pass


def lateness():
    """Wait twenty times, as IO does; how many ms is one back too late?"""
    late = []
    for _ in range(20):
        start = time.perf_counter()
        time.sleep(WAIT)
        late.append(time.perf_counter() - start - WAIT)
    return sorted(late)[10] * 1000


def example_convoy():
    """Measure a thread that waits: alone, and beside one that computes."""
    global done
    print(f"alone, it is back {lateness():.2f} ms late")
    thread = threading.Thread(target=hog, name="hog")
    thread.start()
    print(f"beside the hog, it is back {lateness():.2f} ms late")
    done = True
    thread.join()


if __name__ == "__main__":
    example_convoy()
