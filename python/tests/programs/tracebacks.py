# test: self
import io
import traceback


def inner(x):
    return 1 / x


def outer():
    return inner(0)


try:
    outer()
except ZeroDivisionError as error:
    text = traceback.format_exc()
assert 'File "example.py", line 11, in outer\n    return inner(0)\n' in text, text
assert 'File "example.py", line 7, in inner\n    return 1 / x\n' in text, text
assert text.endswith("ZeroDivisionError: division by zero\n"), text
print("ok")
