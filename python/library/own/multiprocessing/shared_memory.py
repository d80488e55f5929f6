"""Memory that processes share: not in a page, where each has one of its own."""

__all__ = ['SharedMemory', 'ShareableList']


class SharedMemory:
    def __init__(self, *args, **kwargs):
        raise NotImplementedError('processes in a page share no memory; use a Queue or a Pipe')


ShareableList = SharedMemory
