"""The simple types only, as multiprocessing.Value and Array take them: a page loads no C libraries."""
from multiprocessing.sharedctypes import _TYPES, _Kind


class _SimpleCData:
    def __init__(self, value=None):
        self._kind = _Kind(self._type_)
        first = {'c': b'\0', 'u': '\0'}.get(self._type_, 0)
        self.value = first if value is None else value

    @property
    def value(self):
        return self._kind.unpack(self._data)[0]

    @value.setter
    def value(self, value):
        self._data = self._kind.pack([value])

    def __repr__(self):
        return f'{type(self).__name__}({self.value!r})'


for _code, (_name, _) in _TYPES.items():
    globals()[_name] = type(_name, (_SimpleCData,), {'_type_': _code, '__module__': __name__})
# As on Linux with 64 bits.
c_longlong, c_ulonglong = c_long, c_ulong
c_int8, c_uint8, c_int16, c_uint16 = c_byte, c_ubyte, c_short, c_ushort
c_int32, c_uint32, c_int64, c_uint64 = c_int, c_uint, c_long, c_ulong
c_size_t, c_ssize_t = c_ulong, c_long


def sizeof(kind):
    return _Kind(kind).size


def __getattr__(name):
    raise AttributeError(f'ctypes.{name} is not there: a page loads no C libraries; here are only the simple types, for '
                         'multiprocessing.Value and Array')
