"""SharedMemory over the run's own buffer, and the part of struct that ShareableList needs for it: see
patches/library.patch."""
import secrets
import struct as _struct
import weakref
import _gilscope_io


class _Buffer:
    """Reads and writes like a memoryview of bytes. It is none: no process's memory is shared with another."""
    format, itemsize, ndim, readonly = 'B', 1, 1, False

    def __init__(self, block, start, size):
        self._block, self._start, self._size = block, start, size

    nbytes = property(lambda self: self._size)
    shape = property(lambda self: (self._size,))

    def __len__(self):
        return self._size

    def _places(self, index):
        if isinstance(index, slice):
            return range(self._size)[index]
        try:
            place = range(self._size)[index]
        except IndexError:
            raise IndexError('index out of bounds on dimension 1') from None
        return range(place, place + 1)

    def __getitem__(self, index):
        places = self._places(index)
        if not isinstance(index, slice):
            return _gilscope_io.memory_read(self._block, self._start + places[0], 1)[0]
        if places.step == 1:
            return _Buffer(self._block, self._start + places.start, len(places))
        return memoryview(self.tobytes())[index]

    def __setitem__(self, index, value):
        places = self._places(index)
        data = bytes(value) if isinstance(index, slice) else bytes([value])
        if len(data) != len(places):
            raise ValueError('memoryview assignment: lvalue and rvalue have different structures')
        if places.step == 1:
            _gilscope_io.memory_write(self._block, self._start + places.start, data)
        else:
            for place, byte in zip(places, data):
                _gilscope_io.memory_write(self._block, self._start + place, bytes([byte]))

    def __iter__(self):
        return iter(self.tobytes())

    def __contains__(self, value):
        return value in self.tobytes()

    def __eq__(self, other):
        return self.tobytes() == bytes(other) if isinstance(other, (_Buffer, bytes, bytearray, memoryview)) else NotImplemented

    def __bytes__(self):
        return self.tobytes()

    def tobytes(self, order='C'):
        return _gilscope_io.memory_read(self._block, self._start, self._size)

    def tolist(self):
        return list(self.tobytes())

    def hex(self, *args):
        return self.tobytes().hex(*args)

    def release(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *args):
        pass


class SharedMemory:
    """Memory under a name, by which any process of the run may have it."""

    def __init__(self, name=None, create=False, size=0, *, track=True):
        if size < 0:
            raise ValueError("'size' must be a positive integer")
        if create and size == 0:
            raise ValueError("'size' must be a positive number different from zero")
        if name is None and not create:
            raise ValueError("'name' can only be None if create=True")
        block = None
        if create:
            while block is None:
                made = name or 'psm_' + secrets.token_hex(4)
                block = _gilscope_io.memory_new(made, size)
                if block is None and name is not None:
                    raise FileExistsError(17, 'File exists', '/' + name)
            name = made
        else:
            block = _gilscope_io.memory_find(name)
            if block is None:
                raise FileNotFoundError(2, 'No such file or directory', '/' + name)
        self._name, self._block = name, block
        self._size = _gilscope_io.memory_size(block)
        self._buf = _Buffer(block, 0, self._size)
        self._end = weakref.finalize(self, _gilscope_io.memory_drop, block)
        self._end.atexit = False

    def __reduce__(self):
        return type(self), (self.name, False, self.size)

    def __repr__(self):
        return f'{type(self).__name__}({self.name!r}, size={self.size})'

    name = property(lambda self: self._name)
    size = property(lambda self: self._size)
    buf = property(lambda self: self._buf)

    def close(self):
        self._buf = None
        self._end()

    def unlink(self):
        if not _gilscope_io.memory_unlink(self._name):
            raise FileNotFoundError(2, 'No such file or directory', '/' + self._name)


class struct:
    calcsize = _struct.calcsize

    @staticmethod
    def pack_into(form, buffer, offset, *values):
        data = _struct.pack(form, *values)
        buffer[offset:offset + len(data)] = data

    @staticmethod
    def unpack_from(form, buffer, offset=0):
        return _struct.unpack(form, bytes(buffer[offset:offset + _struct.calcsize(form)]))
