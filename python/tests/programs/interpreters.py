# test: self
import time
from concurrent.futures import InterpreterPoolExecutor


def square(n):
    print("in", n)
    return n * n


def fail():
    raise ValueError("no")


if __name__ == "__main__":
    with InterpreterPoolExecutor(max_workers=2) as executor:
        assert list(executor.map(square, [1, 2, 3])) == [1, 4, 9]
        try:
            executor.submit(fail).result()
        except ValueError as error:
            assert str(error) == "no"
    from concurrent import interpreters
    interpreter = interpreters.create()
    interpreter.exec("print('hello from', 'another')")
    interpreter.close()
    print("ok")
