"""Names that importlib mentions; there is no file system here."""
environ = {}
O_RDONLY = 0
O_WRONLY = 1
O_CREAT = 64
O_EXCL = 128


def _missing(*args, **kwargs):
    raise OSError(2, 'there is no file system here')


stat = lstat = listdir = open = replace = mkdir = write = close = unlink = _missing


def getcwd():
    return '/'


def fspath(path):
    return path if isinstance(path, (str, bytes)) else path.__fspath__()
