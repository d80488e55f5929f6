# test: gil self
# All that there is of the library that programs name, and that each part is what it says.
import importlib

for name in """
abc argparse array ast asyncio atexit base64 binascii bisect builtins bz2 calendar cmath codecs collections
collections.abc concurrent.futures concurrent.interpreters contextlib contextvars copy copyreg
csv ctypes dataclasses datetime decimal difflib dis enum errno fnmatch fractions functools gc gettext glob
graphlib gzip hashlib heapq hmac importlib inspect io ipaddress itertools json keyword linecache locale logging
lzma marshal math multiprocessing multiprocessing.managers multiprocessing.shared_memory multiprocessing.sharedctypes
numbers operator os os.path pathlib pickle pprint queue random re reprlib sched secrets select selectors shlex signal
socket stat statistics string struct subprocess sys tempfile textwrap threading time timeit token tokenize tomllib
traceback types typing unicodedata urllib.error urllib.parse urllib.request uuid warnings weakref zlib
""".split():
    module = importlib.import_module(name)
    assert dir(module), name

import bz2, cmath, gzip, lzma, uuid, zlib
import array, io, tomllib

for packer in (bz2, gzip, lzma, zlib):
    assert packer.decompress(packer.compress(b"again " * 100)) == b"again " * 100, packer
assert cmath.sqrt(-4) == 2j
assert len(str(uuid.uuid4())) == 36 and uuid.uuid4() != uuid.uuid4()
assert str(uuid.uuid5(uuid.NAMESPACE_DNS, "python.org")) == "886313e1-3b8a-5372-9b90-0c9aee199e5d"
assert tomllib.loads("a = [1, 2]") == {"a": [1, 2]}
assert array.array("i", [1, 2]).tobytes() == b"\1\0\0\0\2\0\0\0"
print("ok")
