"""There is no file system in a page; names for what is no file can be had."""
import itertools


class _RandomNameSequence:
    def __init__(self):
        self._count = itertools.count()

    def __iter__(self):
        return self

    def __next__(self):
        return f'{next(self._count):08x}'


def _missing(*args, **kwargs):
    raise OSError(38, 'there are no files in a page; io.StringIO and io.BytesIO are files in memory')


TemporaryFile = NamedTemporaryFile = SpooledTemporaryFile = TemporaryDirectory = _missing
mkstemp = mkdtemp = mktemp = gettempdir = _missing
