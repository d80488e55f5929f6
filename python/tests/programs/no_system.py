# test: self
# What a page has not says so, and names what is there instead.
import asyncio
import importlib
import io
import os
import pathlib
import random
import signal
import socket
import subprocess
import sys


def told(call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except Exception as error:
        return type(error), str(error)
    raise AssertionError(f"{call} raised nothing")


def says(kind, words, call, *args, **kwargs):
    got, text = told(call, *args, **kwargs)
    assert issubclass(got, kind) and words in text, (got, text)


says(EOFError, "put the values into the program", input, "name? ")
assert sys.stdin.readline() == ""
says(FileNotFoundError, "no files in a page", open, "data.csv")
says(FileNotFoundError, "data.csv", open, "data.csv")
says(OSError, "io.StringIO", open, "out.txt", "w")
says(OSError, "io.StringIO", open, "out.txt", "ab")
says(FileNotFoundError, "no files in a page", pathlib.Path("data.csv").read_text)
# The program itself can be read.
assert open(__file__).read().startswith("# test: self\n")
assert open(__file__, "rb").readline() == b"# test: self\n"
with open(__file__) as lines:
    assert len(list(lines)) > 10
says(OSError, "no files", os.listdir)
says(OSError, "no files", os.mkdir, "x")
says(AttributeError, "multiprocessing.Process", lambda: os.fork())
assert not hasattr(os, "fork")
says(OSError, "multiprocessing.Process", os.kill, 1, 9)
says(OSError, "multiprocessing.Process", os.system, "ls")
says(OSError, "multiprocessing.Process", subprocess.run, ["ls"])
says(OSError, "multiprocessing.Process", subprocess.Popen, "ls")
says(OSError, "urllib.request.urlopen", socket.socket)
says(OSError, "urllib.request.urlopen", socket.create_connection, ("localhost", 80))
says(OSError, "threading.Timer", signal.alarm, 1)
says(ModuleNotFoundError, "No module named 'numpy'", importlib.import_module, "numpy")
import multiprocessing
says(OSError, "cannot fork", multiprocessing.get_context("fork").Process(target=print).start)


async def connect():
    await asyncio.open_connection("localhost", 80)


async def program():
    await asyncio.create_subprocess_exec("ls")


says(OSError, "a page has no sockets", asyncio.run, connect())
says(OSError, "a page starts no programs", asyncio.run, program())
# What needs no system goes on.
assert os.path.join("a", "b") == "a/b" and os.path.exists("x") is False and os.getcwd() == "/"
assert io.StringIO("x").read() == "x" and 0 <= random.random() < 1
print("ok")
