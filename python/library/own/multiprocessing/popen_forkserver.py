"""The default start method by its name in CPython. It forks nothing: a process here is always a fresh one."""
from . import popen_spawn_posix

__all__ = ['Popen']


class Popen(popen_spawn_posix.Popen):
    method = 'forkserver'
