"""What concurrent.futures tells the record: see patches/library.patch."""
import _gilscope

FunctionType = type(lambda: None)
BuiltinFunctionType = type(len)

submitted = _gilscope.task_submitted
start = _gilscope.task_start
end = _gilscope.task_end
done = _gilscope.task_done
got = _gilscope.task_got


def short(value, level=3):
    """repr of a value, as far as it is short: a list of a million numbers is no label."""
    kind = type(value)
    if isinstance(value, (list, tuple, set, frozenset, dict, bytes)) and len(value) > 8:
        return f'<{kind.__name__} of {len(value)}>'
    if kind in (list, tuple) and value:
        if level == 0:
            return '[...]' if kind is list else '(...)'
        inner = ', '.join([short(each, level - 1) for each in value])
        text = f'[{inner}]' if kind is list else f'({inner})' if len(value) > 1 else f'({inner},)'
    elif kind is dict and value:
        if level == 0:
            return '{...}'
        text = ', '.join([f'{short(key, level - 1)}: {short(each, level - 1)}' for key, each in value.items()])
        text = f'{{{text}}}'
    elif kind in (FunctionType, BuiltinFunctionType):
        text = value.__qualname__.rpartition('<locals>.')[2]
    else:
        if isinstance(value, str) and len(value) > 40:
            value = value[:37] + '...'
        try:
            text = repr(value)
        except Exception:
            text = f'<{kind.__name__}>'
    return text if len(text) <= 60 else text[:57] + '...'


def label(function, args, kwargs):
    """The call as Python writes it; long arguments are cut."""
    if type(function).__name__ == 'partial' and hasattr(function, 'func'):
        args = (*function.args, *args)
        kwargs = {**function.keywords, **kwargs}
        function = function.func
    if getattr(function, '__qualname__', '') == 'Context.run' and args:
        # What asyncio.to_thread submits.
        function, *args = args
    if getattr(function, '__name__', '') == '_process_chunk' and len(args) == 2:
        # What map() of a pool of processes submits.
        function, chunk = args
        if len(chunk) == 1:
            args = chunk[0]
        else:
            return f'{label(function, chunk[0], {})} and {len(chunk) - 1} more'
    name = getattr(function, '__qualname__', None) or type(function).__name__
    name = name.rpartition('<locals>.')[2]
    words = [short(value) for value in args]
    words += [f'{key}={short(value)}' for key, value in kwargs.items()]
    return f'{name}({", ".join(words)})'


# Calls that a pool's map() submitted as a chunk of one: their result is the only one in a list.
_alone = set()


def submit(function, args, kwargs):
    number = _gilscope.task(label(function, args, kwargs))
    inner = getattr(function, 'func', function)
    if getattr(inner, '__name__', '') == '_process_chunk' and len(args) == 1 and len(args[0]) == 1:
        _alone.add(number)
    _gilscope.task_submit(number)
    return number


def returned(number, result):
    """What a call returned."""
    if number is None:
        return
    if number in _alone:
        _alone.discard(number)
        result, = result
    _gilscope.task_returned(number, short(result))


def raised(number, exception):
    """What it raised."""
    if number is None:
        return
    try:
        text = str(exception)
    except Exception:
        text = ''
    _gilscope.task_raised(number, type(exception).__name__, text if len(text) <= 500 else text[:497] + '...')


def cancelled(number):
    """It was cancelled before it began."""
    if number is not None:
        _gilscope.task_raised(number, 'CancelledError', '')
        done(number)
