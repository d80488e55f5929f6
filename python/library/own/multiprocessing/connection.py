"""Connections between processes: pipes of the engine in place of the operating system's."""
import io
import struct
import time
import _gilscope
import _gilscope_io
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


class Listener:
    """Is found under an address by other processes of the run: its block of shared memory has that for a name."""

    def __init__(self, address=None, family=None, backlog=1, *, authkey=None):
        self._pipe = _gilscope.pipe()
        self._lock = _gilscope.semaphore(1)
        self.address = address or f'/gilscope/listener-{_gilscope.process_number()}-{self._pipe}'
        self.last_accepted = None
        block = _gilscope_io.memory_new(_name(self.address), 8)
        if block is None and _find(self.address) is None:
            # It is that of a process that has ended.
            _gilscope_io.memory_unlink(_name(self.address))
            block = _gilscope_io.memory_new(_name(self.address), 8)
        if block is None:
            self._shut()
            raise OSError(98, 'Address already in use')
        _gilscope_io.memory_write(block, 0, struct.pack('!II', self._pipe, self._lock))
        _gilscope_io.memory_drop(block)

    def accept(self):
        if self._pipe is None:
            raise OSError('listener is closed')
        read, write = _caller(self._pipe)
        _gilscope_io.pipe_arrive(read, False)
        _gilscope_io.pipe_arrive(write, True)
        return Connection(read, write)

    def close(self):
        if self._pipe is not None:
            _gilscope_io.memory_unlink(_name(self.address))
            while _gilscope.pipe_readable(self._pipe):
                # Whoever is not heard any more is told so.
                for number, writes in zip(_caller(self._pipe), (False, True)):
                    _gilscope_io.pipe_arrive(number, writes)
                    _gilscope.pipe_close(number, writes)
            self._shut()

    def _shut(self):
        _gilscope.pipe_close(self._pipe, False)
        _gilscope.pipe_close(self._pipe, True)
        self._pipe = None

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.close()


def _name(address):
    return f'listener {address!r}'


def _find(address):
    """Pipe and lock of who listens there."""
    block = _gilscope_io.memory_find(_name(address))
    if block is None:
        return None
    pipe, lock = struct.unpack('!II', _gilscope_io.memory_read(block, 0, 8))
    _gilscope_io.memory_drop(block)
    return (pipe, lock) if _gilscope_io.pipe_heard(pipe) else None


def _caller(pipe):
    """The numbers of the pipes that the next caller made."""
    numbers = _gilscope.pipe_read(pipe, 8)
    if len(numbers) < 8:
        raise OSError('listener is closed')
    return struct.unpack('!II', numbers)


def Client(address, family=None, authkey=None):
    """Returns a connection to the listener at that address."""
    found = _find(address)
    if found is None:
        raise ConnectionRefusedError(111, f'no process of this run listens at {address!r}; a page has no other sockets')
    pipe, lock = found
    here, there = Pipe()
    _send_ends(there)
    # One caller at a time, or the numbers of two would mix.
    _gilscope.semaphore_acquire(lock, None)
    _gilscope.pipe_write(pipe, struct.pack('!II', there._read, there._write))
    _gilscope.semaphore_release(lock)
    there.close()
    return here


def deliver_challenge(connection, authkey, digest_name='sha256'):
    """Processes of a run know each other: nobody else can call."""


answer_challenge = deliver_challenge


def _no_xml(*args, **kwargs):
    raise NotImplementedError("in a page managers speak pickle only; leave out serializer='xmlrpclib'")


XmlListener = XmlClient = _no_xml


def _send_ends(connection):
    if connection._read is not None:
        _gilscope_io.pipe_send(connection._read, False)
    if connection._write is not None:
        _gilscope_io.pipe_send(connection._write, True)


def rebuild_connection(read, write, arrives):
    if arrives:
        if read is not None:
            _gilscope_io.pipe_arrive(read, False)
        if write is not None:
            _gilscope_io.pipe_arrive(write, True)
    return Connection(read, write)


def reduce_connection(connection):
    connection._check_open()
    popen = get_spawning_popen()
    if popen is None:
        # Through another connection: to whoever takes it out there, once.
        _send_ends(connection)
    else:
        if connection._read is not None:
            _gilscope.pipe_open(connection._read, False, popen.number)
        if connection._write is not None:
            _gilscope.pipe_open(connection._write, True, popen.number)
    return rebuild_connection, (connection._read, connection._write, popen is None)


reduction.register(Connection, reduce_connection)
