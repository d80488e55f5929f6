"""What concurrent.futures tells the record: see patches/library.patch."""
import _gilscope

submitted = _gilscope.task_submitted
start = _gilscope.task_start
end = _gilscope.task_end
done = _gilscope.task_done
got = _gilscope.task_got


def label(function, args, kwargs):
    """The call as Python writes it; long arguments are cut."""
    def short(value):
        # Not repr of everything: a list of a million numbers is no label.
        if isinstance(value, (list, tuple, set, frozenset, dict, bytes)) and len(value) > 8:
            return f'<{type(value).__name__} of {len(value)}>'
        if isinstance(value, str) and len(value) > 40:
            value = value[:37] + '...'
        try:
            text = repr(value)
        except Exception:
            text = f'<{type(value).__name__}>'
        return text if len(text) <= 60 else text[:57] + '...'

    if type(function).__name__ == 'partial' and hasattr(function, 'func'):
        args = (*function.args, *args)
        kwargs = {**function.keywords, **kwargs}
        function = function.func
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


def submit(function, args, kwargs):
    number = _gilscope.task(label(function, args, kwargs))
    _gilscope.task_submit(number)
    return number
