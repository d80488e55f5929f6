"""The part of os that makes sense in a page: one user, no files, processes by number."""
import abc
import stat as st
import sys
import _gilscope
from _collections_abc import _check_methods

name = 'posix'
linesep = '\n'
import posixpath as path
sys.modules['os.path'] = path
from os.path import (curdir, pardir, sep, pathsep, defpath, extsep, altsep, devnull)

error = OSError
environ = {}
environb = {}
supports_bytes_environ = False
supports_dir_fd = supports_effective_ids = supports_fd = supports_follow_symlinks = frozenset()
O_RDONLY = 0
O_WRONLY = 1
O_RDWR = 2
O_CREAT = 64
O_EXCL = 128
F_OK = 0
R_OK = 4
W_OK = 2
X_OK = 1
WNOHANG = 1
SEEK_SET = 0
SEEK_CUR = 1
SEEK_END = 2

getpid = _gilscope.getpid
getppid = _gilscope.getppid
cpu_count = _gilscope.cpu_count
process_cpu_count = cpu_count


def sched_getaffinity(pid):
    return set(range(cpu_count()))


def getenv(key, default=None):
    return environ.get(key, default)


def putenv(key, value):
    environ[key] = value


def unsetenv(key):
    environ.pop(key, None)


def getcwd():
    return '/'


def chdir(path):
    if fspath(path) not in ('/', '.'):
        _no_files()


def getlogin():
    return 'reader'


def getuid():
    return 1000


geteuid = getgid = getegid = getuid


def get_terminal_size(fd=1):
    return terminal_size((80, 24))


def _no_files(*args, **kwargs):
    raise OSError(38, 'there are no files in a page; io.StringIO and io.BytesIO are files in memory')


stat = lstat = fstat = listdir = scandir = readlink = open = mkdir = makedirs = remove = unlink = rmdir = _no_files
rename = replace = link = symlink = chmod = utime = access = walk = pipe = dup = close = read = write = _no_files


def _no_processes(*args, **kwargs):
    raise OSError(38, 'a page has no processes of the operating system; multiprocessing.Process runs a function in one of '
                  'its own, and ends it by terminate() or kill()')


system = popen = kill = waitpid = execv = spawnv = _no_processes


def _exit(code):
    _gilscope.exit(code)


def abort():
    _gilscope.exit(-6)


def strerror(code):
    return f'error {code}'


def urandom(size):
    return _gilscope.urandom(size)


def fsencode(filename):
    filename = fspath(filename)
    return filename.encode('utf-8', 'surrogateescape') if isinstance(filename, str) else filename


def fsdecode(filename):
    filename = fspath(filename)
    return filename.decode('utf-8', 'surrogateescape') if isinstance(filename, bytes) else filename


def fspath(path):
    if isinstance(path, (str, bytes)):
        return path
    try:
        found = type(path).__fspath__(path)
    except AttributeError:
        raise TypeError('expected str, bytes or os.PathLike object, not ' + type(path).__name__) from None
    if isinstance(found, (str, bytes)):
        return found
    raise TypeError(f'expected {type(path).__name__}.__fspath__() to return str or bytes, not {type(found).__name__}')


class PathLike(abc.ABC):
    """Abstract base class for implementing the file system path protocol."""
    __slots__ = ()

    @abc.abstractmethod
    def __fspath__(self):
        raise NotImplementedError

    @classmethod
    def __subclasshook__(cls, subclass):
        if cls is PathLike:
            return _check_methods(subclass, '__fspath__')
        return NotImplemented


class stat_result(tuple):
    """What stat() would return, were there files."""


class DirEntry:
    """What scandir() would yield."""


class terminal_size(tuple):
    columns = property(lambda self: self[0])
    lines = property(lambda self: self[1])


def __getattr__(name):
    # Not defined, so that whoever asks by hasattr() is told the truth.
    if name in ('fork', 'forkpty'):
        raise AttributeError(f"module 'os' has no attribute {name!r}: a page cannot fork; multiprocessing.Process starts a "
                             'fresh process')
    raise AttributeError(f"module 'os' has no attribute {name!r}, or a page has not what it is for")
