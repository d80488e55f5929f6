# test: gil free self
# Functions, classes and other globals are looked up by all threads while others bind, add and delete names.
import threading
import time


def first():
    return "first"


def second():
    return "second"


class Named:
    def name(self):
        return "named"


def made(n):
    # Counted, and gone when it is bound no more; the ones above live on.
    return lambda: n


f = first
value = 1000.5
end = time.monotonic() + 1.5
wrong = []


def calls():
    seen = set()
    while time.monotonic() < end:
        got = f()
        seen.add(type(got))
        if got not in ("first", "second", "named") and not isinstance(got, int):
            wrong.append(got)
        if not 1000 < value < 2000 or Named().name() != "named" or len("four") != 4:
            wrong.append(value)
    if str not in seen:
        wrong.append(seen)


def binds():
    global f, value
    n = 0
    while time.monotonic() < end:
        n += 1
        f = (first, second, made(n), Named().name)[n % 4]
        value = 1000 + n % 1000 + 0.5


def adds():
    names = globals()
    n = 0
    while time.monotonic() < end:
        n += 1
        names[f"name_{n % 50}"] = n
        if n % 7 == 0:
            names.pop(f"name_{(n + 25) % 50}", None)
        exec("def extra(): return 1", names)
        if extra() != 1:  # noqa: F821
            wrong.append("extra")


threads = [threading.Thread(target=target) for target in (calls, calls, binds, adds)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(wrong[:3] or "ok")
