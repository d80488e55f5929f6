"""Managers serve by sockets, which a page has not."""

__all__ = ['BaseManager', 'SyncManager']


class BaseManager:
    def __init__(self, *args, **kwargs):
        raise NotImplementedError('multiprocessing.Manager serves by sockets, which a page has not; use a Queue or a Pipe')


SyncManager = BaseManager
