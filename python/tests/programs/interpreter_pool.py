# test: self
import asyncio
import contextlib
import io
import os
import threading
import time
from concurrent import interpreters
from concurrent.futures import InterpreterPoolExecutor
from concurrent.futures.interpreter import BrokenInterpreterPool

count = 0
state = {}


def increase():
    global count
    count += 1
    return count


def fail(text):
    raise ValueError(text)


def slow(n):
    time.sleep(n)
    return n


def prepare(text):
    state["text"] = text


def read():
    return state["text"]


def bad():
    raise KeyError("not prepared")


def raised(call, *args):
    try:
        call(*args)
    except BaseException as error:
        return error
    raise AssertionError(f"{call} raised nothing")


if __name__ == "__main__":
    with InterpreterPoolExecutor(1) as executor:
        # A function without globals or closure passes as it is; one with a global does not.
        assert executor.submit(lambda a, b: a + b, 1, 2).result() == 3
        assert executor.submit(pow, 2, 5).result() == 32
        assert list(executor.map(slow, [0.02, 0.01])) == [0.02, 0.01]
        error = raised(executor.submit(lambda: count).result)
        assert type(error).__name__ == "NotShareableError", repr(error)
        x = 5
        error = raised(executor.submit((lambda y: lambda: y)(1)).result)
        assert type(error).__name__ == "NotShareableError", repr(error)
        error = raised(executor.submit(slow, threading.Lock()).result)
        assert type(error).__name__ == "NotShareableError", repr(error)
        # A module's state is the interpreter's own, and stays.
        assert [executor.submit(increase).result() for _ in range(3)] == [1, 2, 3] and count == 0
        error = raised(executor.submit(fail, "no").result)
        assert type(error) is ValueError and str(error) == "no", repr(error)
        assert type(error.__cause__).__name__ == "ExecutionFailed", repr(error.__cause__)
        assert executor.submit(os.getpid).result() == os.getpid()
        given = [1, 2]
        assert executor.submit(list, given).result() == given
    error = raised(executor.submit, slow, 1)
    assert str(error) == "cannot schedule new futures after shutdown"
    with InterpreterPoolExecutor(1, initializer=prepare, initargs=("prepared",)) as executor:
        assert executor.submit(read).result() == "prepared"
    with contextlib.redirect_stderr(io.StringIO()), InterpreterPoolExecutor(1, initializer=bad) as executor:
        assert isinstance(raised(executor.submit(read).result), BrokenInterpreterPool)
        assert isinstance(raised(executor.submit, read), BrokenInterpreterPool)

    async def together():
        loop = asyncio.get_running_loop()
        with InterpreterPoolExecutor(2) as executor:
            return await asyncio.gather(*(loop.run_in_executor(executor, slow, n / 100) for n in range(3)))

    assert asyncio.run(together()) == [0.0, 0.01, 0.02]

    # By hand.
    main = interpreters.get_main()
    assert interpreters.get_current() == main
    one = interpreters.create()
    assert one in interpreters.list_all() and one.id != main.id and not one.is_running()
    one.exec("x = 3\nprint('in the other')")
    one.prepare_main({"y": 4}, z="five")
    one.exec("assert (x, y, z) == (3, 4, 'five'), (x, y, z)")
    error = raised(one.exec, "1 / 0")
    assert isinstance(error, interpreters.ExecutionFailed), repr(error)
    assert "ZeroDivisionError: division by zero" in str(error), str(error)
    assert error.excinfo.type.__name__ == "ZeroDivisionError", error.excinfo
    assert one.call(pow, 2, 3) == 8
    error = raised(one.call, fail, "x")
    assert isinstance(error, interpreters.ExecutionFailed) and "ValueError: x" in str(error), repr(error)
    queue = interpreters.create_queue()
    one.prepare_main(queue=queue)
    thread = one.call_in_thread(slow, 0.01)
    thread.join()
    one.exec("queue.put((1, 'two', 3.0, None, b'5'))")
    assert queue.get() == (1, "two", 3.0, None, b"5")
    queue.put(7)
    assert queue.qsize() == 1
    one.exec("assert queue.get() == 7")
    error = raised(queue.get_nowait)
    assert isinstance(error, interpreters.QueueEmpty), repr(error)
    error = raised(queue.get, True, 0.05)
    assert isinstance(error, interpreters.QueueEmpty), repr(error)
    small = interpreters.create_queue(maxsize=1)
    small.put(1)
    assert small.full() and isinstance(raised(small.put_nowait, 2), interpreters.QueueFull)
    assert interpreters.is_shareable("text") and not interpreters.is_shareable([])
    # An object that is copied is not the same one.
    queue.put({"a": [1]})
    assert queue.get() == {"a": [1]}
    one.close()
    assert one not in interpreters.list_all()
    assert isinstance(raised(one.exec, "1"), interpreters.InterpreterNotFoundError)
    print("ok")
