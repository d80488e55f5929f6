"""What asyncio tells the record: a lane for each task. See patches/library.patch."""
import _gilscope
import _gilscope_tasks
from _gilscope_tasks import short

# Methods that go without saying.
_PLAIN = ('acquire', 'wait', 'join', '__aenter__')


def name_of(coro):
    """The call that a coroutine is of, as Python writes it."""
    code = getattr(coro, 'cr_code', None)
    if code is None:
        return getattr(coro, '__qualname__', None) or type(coro).__name__
    name = code.co_qualname.rpartition('<locals>.')[2]
    values = coro.cr_frame.f_locals if coro.cr_frame is not None else {}
    names = code.co_varnames
    count = code.co_argcount + code.co_kwonlyargcount
    words = [short(values[each]) for each in names[:code.co_argcount] if each in values and each != 'self']
    if code.co_flags & 4 and count < len(names):
        words += [short(each) for each in values.get(names[count], ())]
    words += [f'{each}={short(values[each])}' for each in names[code.co_argcount:count] if each in values]
    return f'{name}({", ".join(words)})'


def begin(task):
    """A task is made. The one that the loop itself is run for is no call."""
    name = name_of(task._coro)
    if name.startswith('BaseEventLoop.'):
        # What asyncio.run() does at its end is no task of the program's.
        return
    if task._loop.is_running():
        task._number = _gilscope.task(name)
        _gilscope.task_submit(task._number)
    task._lane = _gilscope.coroutine(name, task._number)
    task._begun = False
    _gilscope_tasks.submitted(task._number)


def step(task):
    """It has the thread."""
    if task._lane is not None:
        _gilscope.step_begins(task._lane, task._number, not task._begun)
        task._begun = True


def stepped(task):
    """It has given it up, or is over."""
    lane = task._lane
    if lane is None:
        return
    if task.done():
        _gilscope.coroutine_ends(lane)
        number = task._number
        if number is None:
            return
        if task.cancelled():
            return _gilscope_tasks.cancelled(number)
        if task._exception is not None:
            _gilscope_tasks.raised(number, task._exception)
        else:
            _gilscope_tasks.returned(number, task._result)
        return _gilscope_tasks.done(number)
    waiter = task._fut_waiter
    if waiter is None or waiter.done():
        return _gilscope.step_ends(lane, False, True, None, line_of(task))
    _gilscope.step_ends(lane, *awaited(task, waiter))


def ready(callback):
    """A callback is about to be called; if it wakes a task, that could go on."""
    task = getattr(callback, '__self__', None)
    lane = getattr(task, '_lane', None)
    if lane is not None:
        _gilscope.coroutine_ready(lane, task._number)


def line_of(task):
    return _chain(task)[0]


def _chain(task):
    """Where in the program a task is, and the library's coroutine that it awaits there."""
    program = _gilscope.program()[1]
    coro, line, own, called = task._coro, None, None, None
    while (frame := getattr(coro, 'cr_frame', None)) is not None:
        if frame.f_code.co_filename == program:
            line, own, called = frame.f_lineno, frame, None
        elif called is None:
            called = frame
        coro = coro.cr_await
    return line, own, called


def awaited(task, waiter):
    """Whether it waits for the time or I/O; that it is not ready; for what; and at which line."""
    line, own, called = _chain(task)
    if called is None:
        if getattr(waiter, '_lane', None) is not None:
            about = f'Task {name_of(waiter._coro)}'
        else:
            about = 'gather()' if type(waiter).__name__ == '_GatheringFuture' else type(waiter).__name__
        return False, False, about, line
    kind, dot, method = called.f_code.co_qualname.rpartition('.')
    if not dot:
        return method == 'sleep', False, None if method == 'sleep' else f'{method}()', line
    self = called.f_locals.get('self')
    about = kind if self is None else type(self).__name__
    name = _variable(own, self)
    if name:
        about = f'{about} {name}'
    if method == '__aexit__':
        about = f'{about} (end of async with)'
    elif method not in _PLAIN:
        about = f'{about} ({method})'
    return False, False, about, line


def _variable(frame, value):
    """The name by which a function knows a value."""
    if frame is None or value is None:
        return None
    for variables in (frame.f_locals, frame.f_globals):
        for name, other in variables.items():
            if other is value:
                return name
    return None
