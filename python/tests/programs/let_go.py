# test: gil free self
# What a module binds and lets go is gone, though functions and classes of modules live on without a GIL.
import weakref


class Thing:
    pass


gone = []
for n in range(3):
    items = [Thing()]
    weakref.finalize(items[0], gone.append, n)
    add = items.append
    make = lambda: items  # noqa: E731
items = add = make = None
assert gone == [0, 1, 2], gone


def outer():
    class Local:
        pass

    def inner():
        return Local

    return inner


local = outer()
weakref.finalize(local, gone.append, "inner")
local = None
assert gone[-1] == "inner", gone
print("ok")
