"""What time, errno and _thread have in CPython and RustPython's have not where there is no operating system. The library's
`encodings`, with which every interpreter begins, imports it (see patches/library.patch)."""
import _io
import _thread
import builtins
import errno
import time
import _gilscope

# threading names a new thread by it, where the system has names.
_thread.set_name = _gilscope.set_name

# A browser tells no number of a thread; no two threads have one, and the first has the process's, as on Linux.
_native = _thread._local()
_natives = []


def _get_native_id():
    """Returns a number for this thread, which no other one has had."""
    try:
        return _native.number
    except AttributeError:
        _natives.append(None)
        _native.number = _gilscope.getpid() * (1000 if len(_natives) > 1 else 1) + len(_natives) - 1
        return _native.number


_get_native_id.__name__ = _get_native_id.__qualname__ = 'get_native_id'
_get_native_id.__module__ = '_thread'
_thread.get_native_id = _get_native_id


def _interrupt_main(signum=2):
    """Says that there is nothing to simulate."""
    raise OSError(38, 'there are no signals in a page; a threading.Event tells the main thread to end')


_thread.interrupt_main = _interrupt_main

_ERRORS = {
    1: 'EPERM', 2: 'ENOENT', 3: 'ESRCH', 4: 'EINTR', 5: 'EIO', 9: 'EBADF', 10: 'ECHILD', 11: 'EAGAIN', 12: 'ENOMEM',
    13: 'EACCES', 14: 'EFAULT', 16: 'EBUSY', 17: 'EEXIST', 20: 'ENOTDIR', 21: 'EISDIR', 22: 'EINVAL', 24: 'EMFILE',
    25: 'ENOTTY', 28: 'ENOSPC', 29: 'ESPIPE', 30: 'EROFS', 32: 'EPIPE', 33: 'EDOM', 34: 'ERANGE', 35: 'EDEADLK',
    36: 'ENAMETOOLONG', 38: 'ENOSYS', 39: 'ENOTEMPTY', 88: 'ENOTSOCK', 95: 'EOPNOTSUPP', 98: 'EADDRINUSE',
    99: 'EADDRNOTAVAIL', 101: 'ENETUNREACH', 103: 'ECONNABORTED', 104: 'ECONNRESET', 106: 'EISCONN', 107: 'ENOTCONN',
    108: 'ESHUTDOWN', 110: 'ETIMEDOUT', 111: 'ECONNREFUSED', 113: 'EHOSTUNREACH', 114: 'EALREADY', 115: 'EINPROGRESS',
    125: 'ECANCELED',
}
for _number, _name in _ERRORS.items():
    errno.errorcode[_number] = _name
    setattr(errno, _name, _number)
errno.EWOULDBLOCK = errno.EAGAIN
errno.ENOTSUP = errno.EOPNOTSUPP

# West of Greenwich, in seconds; the browser tells no name.
time.timezone = time.altzone = _gilscope.timezone()
time.daylight = 0
_name = f'UTC{-time.timezone / 3600:+g}' if time.timezone else 'UTC'
time.tzname = (_name, _name)

# A page cannot read how long a thread computed: the time that went by is the most it can be.
time.process_time = time.thread_time = time.perf_counter
time.process_time_ns = time.thread_time_ns = time.perf_counter_ns


class _ClockInfo:
    def __init__(self, adjustable):
        self.adjustable = adjustable
        self.implementation = 'performance.now()'
        self.monotonic = not adjustable
        self.resolution = 5e-6


def _get_clock_info(name):
    """Returns information on a clock."""
    if name not in ('time', 'monotonic', 'perf_counter', 'process_time', 'thread_time'):
        raise ValueError('unknown clock')
    return _ClockInfo(name == 'time')


time.get_clock_info = _get_clock_info


def open(file, mode='r', *args, **kwargs):
    """The program itself can be read; there are no other files in a page."""
    source, name = _gilscope.program()
    if not set('wax+') & set(mode):
        if file in (name, '/' + name):
            return _io.BytesIO(source.encode()) if 'b' in mode else _io.StringIO(source)
        raise FileNotFoundError(2, 'there are no files in a page; text can be in the program, bytes come by '
                                'urllib.request.urlopen', file)
    raise OSError(38, 'no files can be written in a page; io.StringIO and io.BytesIO are files in memory', file)


def input(prompt='', /):
    """There is nobody to ask."""
    raise EOFError('a page has no terminal to read from: put the values into the program')


builtins.open = _io.open = open
builtins.input = input
