"""Names that the library mentions; a page has no file descriptors to wait for."""
error = OSError


def select(rlist, wlist, xlist, timeout=None):
    raise OSError(38, 'a page has no file descriptors; multiprocessing.connection.wait waits for connections and processes')
