"""A page cannot fork."""

__all__ = ['Popen']


class Popen:
    method = 'fork'

    def __init__(self, process_obj):
        raise OSError("a page cannot fork; use the start method 'spawn' or 'forkserver'")
