"""Memory that processes share: not in a page, where each has one of its own."""

__all__ = ['RawValue', 'RawArray', 'Value', 'Array', 'copy', 'synchronized']


def _missing(*args, **kwargs):
    raise NotImplementedError('processes in a page share no memory: multiprocessing.Value and Array are not there; '
                              'use a Queue or a Pipe')


RawValue = RawArray = Value = Array = copy = synchronized = _missing
