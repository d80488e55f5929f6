"""run_path for the program in the page: there is no file system."""
import _gilscope


def run_path(path_name, init_globals=None, run_name=None):
    source, name = _gilscope.program()
    if path_name not in (name, '/' + name):
        raise FileNotFoundError(2, 'No such file or directory', path_name)
    names = dict(init_globals or {})
    names.update(
        __name__=run_name or '<run_path>', __file__=name, __cached__=None, __doc__=None, __loader__=None, __package__='',
        __spec__=None,
    )
    exec(compile(source, name, 'exec', dont_inherit=True), names)
    return names
