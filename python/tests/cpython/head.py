"""Runs a module of CPython's own tests: run.mjs fills in which, and which tests are left out."""
import os
import sys
import types
import _gilscope_io
from importlib.machinery import ModuleSpec

PLACES = '/.tools/cpython-tests/', '/.tools/python-lib/'


class Finder:
    """Fetches from the test server what is not part of the engine: the tests, and what they need of Python's library."""

    def find_spec(self, name, path=None, target=None):
        for place in PLACES:
            for end in ('.py', '/__init__.py'):
                file = place + name.replace('.', '/') + end
                answer = _gilscope_io.fetch('GET', file, [], None, None)
                if len(answer) == 5 and answer[0] == 200:
                    return ModuleSpec(name, Loader(file, answer[4]), origin=file, is_package='__init__' in end)
        return None


class Loader:
    def __init__(self, file, source):
        self.file, self.source = file, source

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        module.__file__ = self.file
        exec(compile(self.source, self.file, 'exec', dont_inherit=True), module.__dict__)

    def get_source(self, name):
        return self.source.decode()


sys.meta_path.append(Finder())
# Tests ask it to tell where they hang; run.mjs tells the test.
sys.modules['faulthandler'] = types.SimpleNamespace(
    dump_traceback_later=lambda *args, **kwargs: None, cancel_dump_traceback_later=lambda: None, is_enabled=lambda: False,
    enable=lambda *args, **kwargs: None, disable=lambda: None, _sigsegv=lambda: os._exit(-11))

# asyncio's tests look for certificates when they are loaded; those that are run open none.
os.path.isfile = lambda name: name.endswith('.pem')

if __name__ == '__main__':
    MODULE, LEFT_OUT = '@module@', '@left out@'.split()
    import unittest
    from fnmatch import fnmatchcase

    class Result(unittest.TestResult):
        """Tells of each test in a line."""

        def tell(self, how, test, why=''):
            print(how, test.id(), '#', ' '.join(str(why).split())[-150:], flush=True)

        def startTest(self, test):
            super().startTest(test)
            self.tell('begins', test)

        def addSuccess(self, test):
            self.tell('ok', test)

        def addFailure(self, test, error):
            self.tell('not', test, f'{error[0].__name__}: {error[1]}')

        addError = addFailure

        def addSkip(self, test, reason):
            self.tell('skipped', test, reason)

        def addSubTest(self, test, subtest, error):
            if error is not None:
                self.tell('not', test, f'{subtest.id()} {error[0].__name__}: {error[1]}')

        def addExpectedFailure(self, test, error):
            self.tell('ok', test)

        def addUnexpectedSuccess(self, test):
            self.tell('not', test, 'unexpected success')

    def kept(suite):
        for each in suite:
            if not isinstance(each, unittest.TestSuite):
                if not any(fnmatchcase(each.id(), pattern) for pattern in LEFT_OUT):
                    yield each
            else:
                # Of its own kind, which may set something up around its tests.
                yield type(each)(kept(each))

    found = unittest.defaultTestLoader.loadTestsFromName(MODULE)
    unittest.TestSuite(kept(found)).run(Result())
    print('over')
