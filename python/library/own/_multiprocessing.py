"""Semaphores between processes."""
import _thread
import _gilscope
from multiprocessing.context import get_spawning_popen

RECURSIVE_MUTEX = 0
SEMAPHORE = 1


def sem_unlink(name):
    pass


class SemLock:
    SEM_VALUE_MAX = 2147483647
    _handle = None

    def __init__(self, kind, value, maxvalue, name, unlink):
        self._set(_gilscope.semaphore(value), kind, maxvalue, name)

    def _set(self, handle, kind, maxvalue, name):
        self._handle = handle
        self.kind = kind
        self.maxvalue = maxvalue
        self.name = name
        self._held = 0
        self._owner = None

    def __del__(self, drop=_gilscope.semaphore_drop):
        # An argument, so that it is still there when the interpreter ends.
        if self._handle is not None:
            drop(self._handle)

    @property
    def handle(self):
        """Its number: for a process that is being started, which has it too from now on."""
        if get_spawning_popen() is not None:
            _gilscope.semaphore_keep(self._handle)
        return self._handle

    @classmethod
    def _rebuild(cls, handle, kind, maxvalue, name):
        self = cls.__new__(cls)
        self._set(handle, kind, maxvalue, name)
        return self

    def acquire(self, block=True, timeout=None):
        if self.kind == RECURSIVE_MUTEX and self._is_mine():
            self._held += 1
            return True
        seconds = None if block and timeout is None else max(float(timeout), 0.0) if block else 0.0
        if not _gilscope.semaphore_acquire(self._handle, seconds):
            return False
        self._held += 1
        self._owner = _thread.get_ident()
        return True

    def release(self):
        if self.kind == RECURSIVE_MUTEX:
            if not self._is_mine():
                raise AssertionError('attempt to release recursive lock not owned by thread')
            if self._held > 1:
                self._held -= 1
                return
        elif _gilscope.semaphore_value(self._handle) >= self.maxvalue:
            raise ValueError('semaphore or lock released too many times')
        self._held -= 1
        _gilscope.semaphore_release(self._handle)

    def __enter__(self):
        return self.acquire()

    def __exit__(self, kind=None, value=None, trace=None):
        self.release()

    def _count(self):
        return self._held

    def _is_mine(self):
        return self._held > 0 and self._owner == _thread.get_ident()

    def _get_value(self):
        return _gilscope.semaphore_value(self._handle)

    def _is_zero(self):
        return self._get_value() == 0

    def _after_fork(self):
        self._held = 0
