# test: gil free
import array, base64, bisect, calendar, collections, contextlib, copy, csv, dataclasses, datetime, decimal, difflib
import enum, fractions, functools, graphlib, hashlib, heapq, inspect, io, itertools, json, logging, math, operator
import pickle, pprint, queue, random, re, reprlib, sched, secrets, statistics, string, struct, textwrap, time
import timeit, traceback, types, typing, unicodedata, urllib.parse, weakref, zlib, argparse, abc, os, sys

print(json.dumps({"a": [1, 2.5, None, True]}), json.loads('{"x": "\\u00e9"}'))
print(re.sub(r"(\w+)@(\w+)", r"\2 at \1", "me@here"))
print(math.sqrt(2), statistics.mean([1, 2, 4]), fractions.Fraction(1, 3) + 1, decimal.Decimal("0.1") + 1)
print(datetime.date(2024, 2, 29).isoformat(), datetime.datetime.strptime("2024-01-02", "%Y-%m-%d"))
random.seed(7)
print(random.randint(1, 100), random.choice("abcdef"), random.sample(range(100), 3))


@dataclasses.dataclass(order=True)
class Point:
    x: int
    y: int = 0


print(Point(1), sorted([Point(2), Point(1, 5)]), dataclasses.asdict(Point(3)))


class Colour(enum.Enum):
    RED = 1


print(Colour.RED, Colour(1), collections.Counter("hello").most_common(1))
print(list(itertools.accumulate([1, 2, 3])), functools.reduce(operator.mul, [1, 2, 3, 4]))
print(hashlib.sha256(b"x").hexdigest(), base64.b64encode(b"hello"), zlib.crc32(b"x"))
print(pickle.loads(pickle.dumps({"k": (1, 2)})), copy.deepcopy([[1]]), struct.pack("<I", 7))
print(textwrap.fill("one two three four", 9), string.capwords("a b"), urllib.parse.quote("a b"))
print(typing.get_type_hints(Point))
buffer = io.StringIO()
with contextlib.redirect_stdout(buffer):
    print("caught")
print(repr(buffer.getvalue()), os.path.join("a", "b"), os.cpu_count() > 0)
t = time.perf_counter()
time.sleep(0.05)
assert 0.05 <= time.perf_counter() - t < 1
assert abs(time.time() - datetime.datetime.now().timestamp()) < 1
