# test: gil
import multiprocessing as mp
from multiprocessing.managers import BaseManager


def work(shared, items, lock, n):
    for _ in range(5):
        with lock:
            shared["count"] = shared.get("count", 0) + 1
    items.append(n)


def produce(queue, event):
    event.wait()
    queue.put("from a process")


class Counter:
    def __init__(self, start=0):
        self._value = start

    def increase(self, by=1):
        self._value += by
        return self._value


class OwnManager(BaseManager):
    pass


OwnManager.register("Counter", Counter)


def count(counter):
    for _ in range(3):
        counter.increase()


def told(call, *args):
    try:
        print(call(*args))
    except BaseException as error:
        print(type(error).__name__, error)


def main():
    with mp.Manager() as manager:
        shared, items, lock = manager.dict(), manager.list([0]), manager.Lock()
        processes = [mp.Process(target=work, args=(shared, items, lock, n)) for n in (1, 2)]
        [p.start() for p in processes]
        [p.join() for p in processes]
        print(shared["count"], sorted(items), len(items), 2 in items, shared.copy(), dict(shared))
        shared["nested"] = [1]
        shared.update(a=5)
        print(sorted(shared.keys()), shared.pop("a"), "a" in shared, items[0:1], str(items[0]))
        told(lambda: shared["missing"])
        told(items.__getitem__, 9)
        queue, event = manager.Queue(), manager.Event()
        process = mp.Process(target=produce, args=(queue, event))
        process.start()
        event.set()
        print(queue.get(timeout=30))
        process.join()
        names = manager.Namespace()
        names.x = 5
        value, array = manager.Value("i", 3), manager.Array("i", [1, 2])
        value.value += 1
        array[0] = 9
        print(names.x, value.value, array[:], type(shared).__name__)
        with mp.Pool(2) as pool:
            pool.starmap(work, [(shared, items, lock, n) for n in range(3)])
        print(shared["count"], len(items))
    with OwnManager() as manager:
        counter = manager.Counter(10)
        process = mp.Process(target=count, args=(counter,))
        process.start()
        process.join()
        print(counter.increase(5))


if __name__ == "__main__":
    mp.set_start_method("spawn")
    main()
