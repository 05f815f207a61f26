"""What plain pickles hold: dicts, lists, tuples, texts, numbers and arrays of numbers.

The pickle is taken apart by `pickletools`, which builds and calls nothing. What it asks to be called stays a note,
`_Asked`, and a note that does not describe an array is refused.
"""

import pickletools
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

MAX_BYTES = 2**26  # calibrations have some thousands
MAX_VALUES = 100_000  # lists that hold each other many times would make more of a small file
_MARK = object()
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_EMPTY = {"EMPTY_DICT": dict, "EMPTY_LIST": list, "EMPTY_TUPLE": tuple}
_IGNORED = {"PROTO", "FRAME", "STOP"}
_NUMBERS = {"f8": np.float64, "f4": np.float32, "i8": np.int64, "i4": np.int32, "u1": np.uint8}
_ARRAYS = {f"numpy.{core}.multiarray _reconstruct" for core in ("core", "_core")}
_BUFFERS = {f"numpy.{core}.numeric _frombuffer" for core in ("core", "_core")}


@dataclass(eq=False)
class _Asked:
    """What a pickle asks to be called by name, with what, and what it wants the result to be told."""

    name: str
    arguments: tuple | None = None
    state: Any = None


def read_pickled(path: Path) -> Any:
    """Read a plain pickle. ValueError names the file and what it holds besides, or that it is broken."""
    content = path.read_bytes() if path.stat().st_size <= MAX_BYTES else b""
    try:
        return _plain(_stack(content), count())
    except _RefusedError as error:
        raise ValueError(f"{path}: refused: {error}") from None
    except Exception as error:  # a broken pickle raises almost anything
        raise ValueError(f"{path}: is not a whole pickle ({type(error).__name__}: {error})") from None


class _RefusedError(ValueError):
    pass


def _stack(content: bytes) -> Any:
    """Take a pickle apart; returns what it would make, with notes for what is to be called."""
    stack, memo = [], {}
    for opcode, argument, _ in pickletools.genops(content):
        name = opcode.name
        if name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        elif name in _EMPTY:
            stack.append(_EMPTY[name]())
        elif name == "MARK":
            stack.append(_MARK)
        elif name == "GLOBAL":
            stack.append(_Asked(argument))
        elif name == "MEMOIZE":
            memo[len(memo)] = stack[-1]
        elif name.endswith("PUT"):
            memo[argument] = stack[-1]
        elif name.endswith("GET"):
            stack.append(memo[argument])
        elif name in _STEPS:
            _STEPS[name](stack)
        elif opcode.arg is not None and name not in _IGNORED and opcode.stack_after:
            stack.append(argument)  # a number, text or bytes
        elif name not in _IGNORED:
            raise _RefusedError(f"it uses {name}, which plain values do not need")
    return stack.pop()


def _since_mark(stack: list) -> list:
    at = len(stack) - 1 - stack[::-1].index(_MARK)
    items = stack[at + 1 :]
    del stack[at:]
    return items


def _last(stack: list, count: int) -> list:
    items = stack[-count:]
    del stack[-count:]
    return items


def _set_items(stack: list, items: list) -> None:
    stack[-1].update(zip(items[::2], items[1::2], strict=True))


def _reduce(stack: list) -> None:
    asked, arguments = _last(stack, 2)
    stack.append(_Asked(asked.name, arguments))


def _build(stack: list) -> None:
    state = stack.pop()
    stack[-1].state = state


_STEPS = {
    "TUPLE": lambda stack: stack.append(tuple(_since_mark(stack))),
    "TUPLE1": lambda stack: stack.append(tuple(_last(stack, 1))),
    "TUPLE2": lambda stack: stack.append(tuple(_last(stack, 2))),
    "TUPLE3": lambda stack: stack.append(tuple(_last(stack, 3))),
    "APPEND": lambda stack: (lambda item: stack[-1].append(item))(stack.pop()),
    "APPENDS": lambda stack: (lambda items: stack[-1].extend(items))(_since_mark(stack)),
    "SETITEM": lambda stack: _set_items(stack, _last(stack, 2)),
    "SETITEMS": lambda stack: _set_items(stack, _since_mark(stack)),
    "STACK_GLOBAL": lambda stack: stack.append(_Asked(" ".join(_last(stack, 2)))),
    "REDUCE": _reduce,
    "BUILD": _build,
}


def _plain(value: Any, made: Iterator[int]) -> Any:
    """Turn notes into the arrays that they describe."""
    if next(made) > MAX_VALUES:
        raise _RefusedError(f"it holds more than {MAX_VALUES:,} values")
    if isinstance(value, dict):
        return {key: _plain(item, made) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_plain(item, made) for item in value)
    return _array(value) if isinstance(value, _Asked) else value


def _array(asked: _Asked) -> np.ndarray:
    if asked.name in _ARRAYS and isinstance(asked.state, tuple):
        _, shape, dtype, columns_first, content = asked.state
        order = "F" if columns_first else "C"
    elif asked.name in _BUFFERS:
        content, dtype, shape, order = asked.arguments
    else:
        raise _RefusedError(f"it asks for {asked.name}, which is not part of an array")
    return np.frombuffer(_bytes(content), _dtype(dtype)).reshape(shape, order=order)


def _dtype(asked: _Asked) -> np.dtype:
    code = asked.arguments[0] if asked.name == "numpy dtype" else None
    if code not in _NUMBERS or asked.state[1] == ">":
        raise _RefusedError(f"an array of {code or asked.name}, not of numbers")
    return np.dtype(_NUMBERS[code])


def _bytes(content: Any) -> bytes:
    """What protocols before 3, which had no bytes, wrote as text is what it was."""
    if isinstance(content, _Asked) and content.name == "_codecs encode" and content.arguments[1] == "latin1":
        return content.arguments[0].encode("latin1")
    return bytes(content)
