"""Memory for multiprocessing.Barrier, of what processes share."""
import _gilscope_io
from .sharedctypes import RawArray, _Array, _Kind


class BufferWrapper:
    def __init__(self, size):
        self._bytes = RawArray('B', size)

    def create_memoryview(self):
        return self

    def cast(self, form):
        kind = _Kind(form)
        _gilscope_io.memory_keep(self._bytes._block)
        return _Array(kind, len(self._bytes) // kind.size, self._bytes._block)
