# test: self
import json
import threading


def count(n):
    return 0 if n == 0 else 1 + count(n - 1)


class Deep:
    def __init__(self, inner):
        self.inner = inner

    def __repr__(self):
        return f"Deep({self.inner!r})"


def check():
    assert count(900) == 900
    try:
        count(10**6)
    except RecursionError as error:
        assert "maximum recursion depth exceeded" in str(error), error
    else:
        assert False
    deep = None
    for _ in range(150):
        deep = Deep(deep)
    assert repr(deep).count("(") == 150
    nested = []
    for _ in range(200):
        nested = [nested]
    assert json.loads(json.dumps(nested)) == nested
    sorted(range(50), key=lambda x: count(100))


check()
thread = threading.Thread(target=check)
thread.start()
thread.join()
print("ok")
