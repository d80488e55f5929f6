"""Python imports this first when it runs a program under test.

A line is written as one piece, as a terminal shows it: through a pipe CPython
writes a line and its end separately, and collects the lines of a process.
And a program that hangs ends, with a traceback.
"""

import builtins
import faulthandler
import sys


def print_at_once(*values):
    sys.stdout.write(" ".join(map(str, values)) + "\n")
    sys.stdout.flush()


builtins.print = print_at_once
faulthandler.dump_traceback_later(60, exit=True)
