"""Starts a process: a worker with a memory of its own."""
import io
import _gilscope
from . import spawn, util
from .connection import Sentinel, wait
from .context import reduction, set_spawning_popen

__all__ = ['Popen']


class Popen:
    method = 'spawn'

    def __init__(self, process_obj):
        util._flush_std_streams()
        self.returncode = None
        self.number = _gilscope.process_new()
        self.sentinel = Sentinel(self.number)
        data = io.BytesIO()
        set_spawning_popen(self)
        try:
            reduction.dump(spawn.get_preparation_data(process_obj._name), data)
            reduction.dump(process_obj, data)
        except BaseException:
            # Closes what was opened for it.
            _gilscope.process_kill(self.number, 1)
            raise
        finally:
            set_spawning_popen(None)
        self.pid = _gilscope.process_start(self.number, process_obj._name, data.getvalue())

    def duplicate_for_child(self, fd):
        return fd

    def poll(self, flag=None):
        if self.returncode is None:
            self.returncode = _gilscope.process_exit_code(self.number)
        return self.returncode

    def wait(self, timeout=None):
        if self.poll() is None and wait([self.sentinel], timeout):
            self.poll()
        return self.returncode

    def terminate(self):
        self._end(-15)

    def kill(self):
        self._end(-9)

    def interrupt(self):
        self._end(-2)

    def _end(self, code):
        if self.poll() is None:
            _gilscope.process_kill(self.number, code)

    def close(self):
        pass
