# test: gil
import array
import ctypes
import multiprocessing as mp
from multiprocessing import shared_memory


def add(number, values, text):
    with number.get_lock():
        number.value += 5
    for i in range(len(values)):
        values[i] *= 2
    text.value = b"from the child"


def count(number, times, lock):
    for _ in range(times):
        with lock:
            number.value += 1


def fill(name):
    block = shared_memory.SharedMemory(name)
    block.buf[:5] = b"child"
    block.close()


def change(items):
    items[1] = "two"


def pass_on(queue, connection):
    """Sends an end of a pipe through another pipe, and through a queue."""
    here, there = mp.Pipe()
    connection.send(there)
    here.send("through the pipe")
    print(here.recv())
    here, there = mp.Pipe()
    queue.put(there)
    here.send("through the queue")
    print(here.recv())


def told(call, *args):
    try:
        print(call(*args))
    except BaseException as error:
        print(type(error).__name__, error)


def main():
    number, values, text = mp.Value("i", 37), mp.Array("d", [1, 2.5, -3]), mp.Array("c", 20)
    process = mp.Process(target=add, args=(number, values, text))
    process.start()
    process.join()
    print(number.value, values[:], len(values), values[1:3], list(values), text.value, len(text.raw))
    print(number, mp.RawValue("d", 1.5), mp.Value("b", lock=False))
    number.value = 2**40 + 3
    print(number.value, mp.Value("B", 257).value, mp.Value("q", -(2**63)).value, mp.Value("f", 0.5).value)
    values[0:2] = [7, 8]
    values[-1] = 9
    print(values[::2], mp.Array("u", "abc")[:], mp.Array(ctypes.c_int, range(3))[:], mp.Value(ctypes.c_bool, 5).value)
    told(lambda: values[3])
    told(setattr, number, "value", "x")
    told(setattr, mp.Value("d"), "value", "x")
    told(lambda: setattr(number, "value", 1.5))

    # Processes that count take turns by the lock.
    total = mp.Value("i", 0, lock=False)
    lock = mp.Lock()
    processes = [mp.Process(target=count, args=(total, 300, lock)) for _ in range(2)]
    [p.start() for p in processes]
    [p.join() for p in processes]
    print(total.value)
    zero = mp.Value("i", 1)
    with zero:
        zero.value -= 1
    print(zero.value, zero.acquire(), zero.release())

    block = shared_memory.SharedMemory(create=True, size=16)
    process = mp.Process(target=fill, args=(block.name,))
    process.start()
    process.join()
    print(bytes(block.buf[:5]), block.buf[1], len(bytes(block.buf[:])) >= 16)
    block.buf[0] = 67
    print(block.buf[:5].tobytes())
    again = shared_memory.SharedMemory(block.name)
    print(again.buf[0], again.size >= 16)
    again.close()
    block.close()
    block.unlink()
    told(lambda: shared_memory.SharedMemory("not-there"))
    named = shared_memory.SharedMemory("gilscope-named", create=True, size=4)
    told(lambda: shared_memory.SharedMemory("gilscope-named", create=True, size=4))
    named.close()
    named.unlink()
    items = shared_memory.ShareableList([1, "a word", 2.5, None, b"bytes", True])
    process = mp.Process(target=change, args=(items,))
    process.start()
    process.join()
    print(list(items), len(items), items.count(None), items.index(2.5))
    items.shm.close()
    items.shm.unlink()

    queue = mp.Queue()
    here, there = mp.Pipe()
    process = mp.Process(target=pass_on, args=(queue, there))
    process.start()
    for get in (here.recv, queue.get):
        connection = get()
        print(connection.recv())
        connection.send("back again")
    process.join()
    print(process.exitcode)


if __name__ == "__main__":
    mp.set_start_method("spawn")
    main()
