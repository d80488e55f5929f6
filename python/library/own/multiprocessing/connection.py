"""Connections between processes: pipes of the engine in place of the operating system's."""
import io
import struct
import time
import _gilscope
from . import BufferTooShort
from .context import reduction, get_spawning_popen

__all__ = ['Client', 'Listener', 'Pipe', 'wait']

_ForkingPickler = reduction.ForkingPickler


class Sentinel(int):
    """A process's number; ready when it has ended."""

    def _ready(self):
        return _gilscope.process_exit_code(self) is not None


class _ConnectionBase:
    _read = _write = None

    def __init__(self, read=None, write=None):
        self._read = read
        self._write = write

    def __del__(self):
        self.close()

    def _check_open(self):
        if self.closed:
            raise OSError('handle is closed')

    def _check_readable(self):
        if self._read is None:
            raise OSError('connection is write-only')

    def _check_writable(self):
        if self._write is None:
            raise OSError('connection is read-only')

    @property
    def closed(self):
        return self._read is None and self._write is None

    @property
    def readable(self):
        return self._read is not None

    @property
    def writable(self):
        return self._write is not None

    def fileno(self):
        self._check_open()
        return self._read if self._read is not None else self._write

    def close(self, pipe_close=_gilscope.pipe_close):
        # An argument, so that it is still there when the interpreter ends.
        read, write = self._read, self._write
        self._read = self._write = None
        if read is not None:
            pipe_close(read, False)
        if write is not None:
            pipe_close(write, True)

    def send_bytes(self, buf, offset=0, size=None):
        self._check_open()
        self._check_writable()
        view = memoryview(buf)
        if view.itemsize > 1:
            view = view.cast('B')
        if offset < 0:
            raise ValueError('offset is negative')
        if len(view) < offset:
            raise ValueError('buffer length < offset')
        if size is None:
            size = len(view) - offset
        elif size < 0:
            raise ValueError('size is negative')
        elif offset + size > len(view):
            raise ValueError('buffer length < offset + size')
        self._send_bytes(bytes(view[offset:offset + size]))

    def send(self, obj):
        self._check_open()
        self._check_writable()
        self._send_bytes(bytes(_ForkingPickler.dumps(obj)))

    def _send_bytes(self, message):
        if not _gilscope.pipe_write(self._write, struct.pack('!I', len(message)) + message):
            raise BrokenPipeError(32, 'Broken pipe')

    def _recv_bytes(self, maxlength=None):
        header = _gilscope.pipe_read(self._read, 4)
        if len(header) < 4:
            raise EOFError
        size, = struct.unpack('!I', header)
        if maxlength is not None and size > maxlength:
            self.close()
            raise OSError('bad message length')
        message = _gilscope.pipe_read(self._read, size)
        if len(message) < size:
            raise EOFError
        return message

    def recv_bytes(self, maxlength=None):
        self._check_open()
        self._check_readable()
        if maxlength is not None and maxlength < 0:
            raise ValueError('negative maxlength')
        return self._recv_bytes(maxlength)

    def recv_bytes_into(self, buf, offset=0):
        self._check_open()
        self._check_readable()
        with memoryview(buf) as view:
            view = view.cast('B')
            message = self._recv_bytes()
            if len(view) < offset + len(message):
                raise BufferTooShort(message)
            view[offset:offset + len(message)] = message
            return len(message)

    def recv(self):
        self._check_open()
        self._check_readable()
        return _ForkingPickler.loads(self._recv_bytes())

    def poll(self, timeout=0.0):
        self._check_open()
        self._check_readable()
        return bool(wait([self], timeout))

    def _ready(self):
        self._check_open()
        return _gilscope.pipe_readable(self._read)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.close()


class Connection(_ConnectionBase):
    """One end of a pipe, or of two."""


def Pipe(duplex=True):
    """Returns a pair of connection objects at either end of a pipe."""
    there = _gilscope.pipe()
    if not duplex:
        return Connection(read=there), Connection(write=there)
    back = _gilscope.pipe()
    return Connection(read=back, write=there), Connection(read=there, write=back)


def wait(object_list, timeout=None):
    """Waits till one of the objects is ready; returns those that are."""
    deadline = None if timeout is None else time.monotonic() + max(timeout, 0)
    while True:
        seen = _gilscope.changes()
        ready = [each for each in object_list if each._ready()]
        if ready:
            return ready
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            return []
        _gilscope.wait_for_change(seen, left)


def _missing(*args, **kwargs):
    raise OSError('there are no addresses to listen at in a page; Pipe() and Queue() connect processes')


Client = Listener = SocketListener = SocketClient = _missing


def rebuild_connection(read, write):
    return Connection(read, write)


def reduce_connection(connection):
    popen = get_spawning_popen()
    if popen is None:
        raise RuntimeError('in a page a connection can be given to a process only when that is started')
    if connection._read is not None:
        _gilscope.pipe_open(connection._read, False, popen.number)
    if connection._write is not None:
        _gilscope.pipe_open(connection._write, True, popen.number)
    return rebuild_connection, (connection._read, connection._write)


reduction.register(Connection, reduce_connection)
