"""Numbers and arrays that processes share: they lie in the run's own buffer, from which bytes are copied in and out, as
no process's memory is shared with another."""
import struct
import weakref
import _gilscope_io
from . import get_context
from .context import assert_spawning

__all__ = ['RawValue', 'RawArray', 'Value', 'Array', 'copy', 'synchronized']

# Each type's name in ctypes and its form in struct, of the sizes that they have on Linux with 64 bits.
_TYPES = {
    'c': ('c_char', 'c'), 'u': ('c_wchar', 'I'), 'b': ('c_byte', 'b'), 'B': ('c_ubyte', 'B'), 'h': ('c_short', 'h'),
    'H': ('c_ushort', 'H'), 'i': ('c_int', 'i'), 'I': ('c_uint', 'I'), 'l': ('c_long', 'q'), 'L': ('c_ulong', 'Q'),
    'q': ('c_longlong', 'q'), 'Q': ('c_ulonglong', 'Q'), 'f': ('c_float', 'f'), 'd': ('c_double', 'd'), '?': ('c_bool', '?'),
}


class _Kind:
    """How a type's values become bytes, as in ctypes: what is too large for a number loses its upper bits."""

    def __init__(self, code):
        code = getattr(code, '_type_', code)
        try:
            self.name, self.form = _TYPES[code]
        except (KeyError, TypeError):
            raise TypeError(f'processes in a page share numbers and characters only, by the codes {"".join(_TYPES)} or the '
                            f'simple types of ctypes; not {code!r}') from None
        self.code = code
        self.size = struct.calcsize('<' + self.form)

    def pack(self, values):
        return struct.pack(f'<{len(values)}{self.form}', *map(self._checked, values))

    def unpack(self, data):
        values = struct.unpack(f'<{len(data) // self.size}{self.form}', data)
        return [chr(value) for value in values] if self.code == 'u' else list(values)

    def _checked(self, value):
        if self.code == 'c':
            if isinstance(value, (bytes, bytearray)) and len(value) == 1:
                return bytes(value)
            raise TypeError('one character bytes, bytearray, or an integer in range(256) expected')
        if self.code == 'u':
            if isinstance(value, str) and len(value) == 1:
                return ord(value)
            raise TypeError('unicode string expected instead of %s instance' % type(value).__name__)
        if self.code == '?':
            return bool(value)
        if self.code in 'fd':
            if isinstance(value, (int, float)):
                return float(value)
            raise TypeError('must be real number, not ' + type(value).__name__)
        if not hasattr(type(value), '__index__'):
            raise TypeError("'%s' object cannot be interpreted as an integer" % type(value).__name__)
        bits = 8 * self.size
        value = value.__index__() & ((1 << bits) - 1)
        return value - (1 << bits) if self.form.islower() and value >> (bits - 1) else value


class _Shared:
    """A block of the shared memory. It is free again when no process has it."""

    def __init__(self, kind, count, block=None):
        self._kind = kind
        self._count = count
        self._block = _gilscope_io.memory_new(None, max(count * kind.size, 1)) if block is None else block
        weakref.finalize(self, _gilscope_io.memory_drop, self._block).atexit = False

    def __reduce__(self):
        assert_spawning(self)
        # For the process that gets it.
        _gilscope_io.memory_keep(self._block)
        return _rebuild, (type(self), self._kind.code, self._count, self._block)

    def _read(self, start, count):
        size = self._kind.size
        return self._kind.unpack(_gilscope_io.memory_read(self._block, start * size, count * size))

    def _write(self, start, values):
        _gilscope_io.memory_write(self._block, start * self._kind.size, self._kind.pack(values))


def _rebuild(cls, code, count, block):
    return cls(_Kind(code), count, block)


class _Value(_Shared):
    @property
    def value(self):
        return self._read(0, 1)[0]

    @value.setter
    def value(self, value):
        self._write(0, [value])

    def __repr__(self):
        return f'{self._kind.name}({self.value!r})'


class _Array(_Shared):
    def __len__(self):
        return self._count

    def __iter__(self):
        return iter(self[:])

    def _index(self, index):
        index = index.__index__()
        if index < 0:
            index += self._count
        if not 0 <= index < self._count:
            raise IndexError('invalid index')
        return index

    def __getitem__(self, index):
        if not isinstance(index, slice):
            return self._read(self._index(index), 1)[0]
        values = self._read(0, self._count)[index]
        return b''.join(values) if self._kind.code == 'c' else ''.join(values) if self._kind.code == 'u' else values

    def __setitem__(self, index, value):
        if not isinstance(index, slice):
            return self._write(self._index(index), [value])
        places = range(self._count)[index]
        values = [bytes([each]) for each in value] if self._kind.code == 'c' else list(value)
        if len(values) != len(places):
            raise ValueError('Can only assign sequence of same size')
        if places.step == 1:
            self._write(places.start, values)
        else:
            for place, each in zip(places, values):
                self._write(place, [each])

    def __repr__(self):
        return f'<{self._kind.name}_Array_{self._count} object at {id(self):#x}>'


class _Characters(_Array):
    """An array of bytes."""

    @property
    def raw(self):
        return self[:]

    @raw.setter
    def raw(self, value):
        if len(value) > self._count:
            raise ValueError('byte string too long')
        self[:len(value)] = value

    @property
    def value(self):
        return self[:].partition(b'\0')[0]

    @value.setter
    def value(self, value):
        self.raw = value + b'\0' if len(value) < self._count else value


def RawValue(typecode_or_type, *args):
    """Returns a number that processes share."""
    made = _Value(_Kind(typecode_or_type), 1)
    if args:
        made.value, = args
    return made


def RawArray(typecode_or_type, size_or_initializer):
    """Returns an array that processes share."""
    kind = _Kind(typecode_or_type)
    cls = _Characters if kind.code == 'c' else _Array
    if isinstance(size_or_initializer, int):
        if size_or_initializer < 0:
            raise ValueError('Array length must be >= 0')
        return cls(kind, size_or_initializer)
    values = list(size_or_initializer)
    made = cls(kind, len(values))
    if values:
        made[:] = bytes(values) if kind.code == 'c' else values
    return made


def Value(typecode_or_type, *args, lock=True, ctx=None):
    """Returns a number that processes share, with a lock."""
    return _with_lock(RawValue(typecode_or_type, *args), lock, ctx)


def Array(typecode_or_type, size_or_initializer, *, lock=True, ctx=None):
    """Returns an array that processes share, with a lock."""
    return _with_lock(RawArray(typecode_or_type, size_or_initializer), lock, ctx)


def _with_lock(made, lock, ctx):
    if lock is False:
        return made
    if lock in (True, None):
        lock = (ctx or get_context()).RLock()
    if not hasattr(lock, 'acquire'):
        raise AttributeError("%r has no method 'acquire'" % lock)
    return synchronized(made, lock, ctx)


def copy(obj):
    made = type(obj)(obj._kind, obj._count)
    made._write(0, obj._read(0, obj._count))
    return made


def synchronized(obj, lock=None, ctx=None):
    assert not isinstance(obj, SynchronizedBase), 'object already synchronized'
    kinds = {_Value: Synchronized, _Array: SynchronizedArray, _Characters: SynchronizedString}
    return kinds[type(obj)](obj, lock, ctx)


class SynchronizedBase:
    def __init__(self, obj, lock=None, ctx=None):
        self._obj = obj
        self._lock = lock or (ctx or get_context(force=True)).RLock()
        self.acquire = self._lock.acquire
        self.release = self._lock.release

    def __enter__(self):
        return self._lock.__enter__()

    def __exit__(self, *args):
        return self._lock.__exit__(*args)

    def __reduce__(self):
        assert_spawning(self)
        return synchronized, (self._obj, self._lock)

    def get_obj(self):
        return self._obj

    def get_lock(self):
        return self._lock

    def __repr__(self):
        return f'<{type(self).__name__} wrapper for {self._obj}>'


def _guarded(name):
    def get(self):
        with self:
            return getattr(self._obj, name)

    def set(self, value):
        with self:
            setattr(self._obj, name, value)

    return property(get, set)


class Synchronized(SynchronizedBase):
    value = _guarded('value')


class SynchronizedArray(SynchronizedBase):
    def __len__(self):
        return len(self._obj)

    def __getitem__(self, index):
        with self:
            return self._obj[index]

    def __setitem__(self, index, value):
        with self:
            self._obj[index] = value

    def __iter__(self):
        return (self[index] for index in range(len(self)))


class SynchronizedString(SynchronizedArray):
    value = _guarded('value')
    raw = _guarded('raw')
