"""Runs the program in the page as `__main__`."""
import sys
import _gilscope

_hook = sys.excepthook


class Loader:
    """Has the source for tracebacks."""

    def get_source(self, name):
        return _gilscope.program()[0]


def prepare(module, arguments):
    name = _gilscope.program()[1]
    sys.argv = [name, *arguments]
    sys.executable = 'python'
    module.__file__ = name
    module.__loader__ = Loader()
    module.__builtins__ = __import__('builtins')


def show(error):
    """Prints an exception without the frames of this file."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_globals.get('__name__') == __name__:
        trace = trace.tb_next
    hook = sys.excepthook
    if hook is not _hook:
        return hook(type(error), error, trace)
    if isinstance(error, ModuleNotFoundError):
        error.add_note("Here is Python's own library, without what needs an operating system; packages cannot be installed.")
    import traceback
    told = traceback.TracebackException(type(error), error, trace)
    trim(told, set())
    # A program that cannot be compiled was nowhere.
    for part in told.format_exception_only() if trace is None else told.format():
        sys.stderr.write(part)


def trim(told, seen):
    """Takes the import system's own frames out, as CPython does."""
    if told is None or id(told) in seen:
        return
    seen.add(id(told))
    told.stack[:] = [frame for frame in told.stack if not frame.filename.startswith('<frozen importlib')]
    trim(told.__cause__, seen)
    trim(told.__context__, seen)
    for each in told.exceptions or ():
        trim(each, seen)


def code_of(error):
    """The exit code that SystemExit asks for."""
    if error.code is None:
        return 0
    if isinstance(error.code, int):
        return error.code
    print(error.code, file=sys.stderr)
    return 1


def process():
    """Does what the parent prepared, as multiprocessing.spawn does."""
    import io
    import pickle
    from multiprocessing import process, spawn
    from multiprocessing.connection import Sentinel
    data = io.BytesIO(_gilscope.prepared())
    process.current_process()._inheriting = True
    try:
        spawn.prepare(pickle.load(data))
        own = pickle.load(data)
    finally:
        del process.current_process()._inheriting
    return own._bootstrap(Sentinel(0))


def main(*arguments):
    if _gilscope.process_number():
        try:
            sys.argv = [_gilscope.program()[1], *arguments]
            sys.executable = 'python'
            return process()
        except SystemExit as error:
            return code_of(error)
        except BaseException as error:
            show(error)
            return 1
    module = sys.modules['__main__']
    prepare(module, arguments)
    source, name = _gilscope.program()
    try:
        exec(compile(source, name, 'exec', dont_inherit=True), module.__dict__)
    except SystemExit as error:
        return code_of(error)
    except BaseException as error:
        show(error)
        return 1
    return 0
