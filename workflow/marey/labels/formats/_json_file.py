"""JSON files of labels: what one holds, told by its beginning, and reading it with the place of what is wrong.

Standard library only at the top (parse time).
"""

import json
import math
import re
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from marey.labels.heads import read_head

SUFFIX = ".json"
MAX_NUMBER = 2**53
WHOLE, ITEMS = "", "item"  # what `stream` gives: the one value of a file, or those of a list
_STEPS = {"start_map": 1, "start_array": 1, "end_map": -1, "end_array": -1}
_CHUNK_BYTES = 4096
_MAX_DEPTH = 500  # of lists and objects in each other: memory for far more of them, which damage makes, would run out
_TOKENS = re.compile(r'"((?:[^"\\]|\\.)*)"(\s*:)?|([\[{])|([\]}])', re.ASCII)


class Outline(NamedTuple):
    """Names of members in the beginning of a file, by how deep they lie. Of a list, those of its items come first."""

    is_list: bool
    first: frozenset[str]
    second: frozenset[str]


def outline(path: Path) -> Outline | None:
    """Return the names in the beginning of a JSON file; None for any other."""
    if path.suffix.lower() != SUFFIX or not path.is_file():
        return None
    return outline_of(read_head(path))


@lru_cache(maxsize=64)
def outline_of(head: bytes) -> Outline | None:
    """Return the names in the beginning of a JSON text; None of any other."""
    text = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe").decode("utf-8", errors="replace").lstrip()
    if not text.startswith(("{", "[")):
        return None
    depth, levels = 0, {1: set(), 2: set()}
    for name, colon, opens, closes in _TOKENS.findall(text):
        if opens:
            depth += opens == "{"
        elif closes:
            depth -= closes == "}"
        elif colon and depth in levels:
            levels[depth].add(name)
    return Outline(text.startswith("["), frozenset(levels[1]), frozenset(levels[2]))


def members(path: Path) -> dict[str, bool] | None:
    """Return the members of the object that a JSON file holds, and whether each is a list; None: it holds no object.

    Raises ValueError as `load`.
    """
    import ijson

    found, depth, name = {}, 0, None
    try:
        with _open(path) as file:
            for event, value in ijson.basic_parse(file, use_float=True, buf_size=_CHUNK_BYTES):
                step = _STEPS.get(event, 0)
                if depth == 0 and event != "start_map":
                    return None
                if depth == 1 and event == "map_key":
                    name = value
                elif depth == 1 and step >= 0:
                    found[name] = event == "start_array"
                depth += step
    except ijson.JSONError:
        data = load(path)
        return {name: isinstance(of, list) for name, of in data.items()} if isinstance(data, dict) else None
    return found


def stream(path: Path, prefix: str) -> Iterator[Any]:
    """Read a JSON file in bounded memory.

    Args:
        path: the file.
        prefix: what to read of it: WHOLE, ITEMS of the list that it holds, or `<name>.item` of the list of that name.

    Yields:
        The values, one after the other; nothing where the file has none such.

    Raises:
        ValueError: as `load`, after what comes before the damage.
    """
    import ijson

    count = 0
    try:
        with _open(path) as file:
            for value in ijson.items(file, prefix, use_float=True, buf_size=_CHUNK_BYTES):
                count += 1
                yield value
        return
    except ijson.JSONError:
        pass  # damaged; or something that Python's reader takes: NaN, large integers, UTF-16
    data = load(path)
    if prefix == WHOLE:
        values = [data]
    else:
        name = prefix.removesuffix(ITEMS).removesuffix(".")
        values = data.get(name) if name and isinstance(data, dict) else data
    yield from islice(values if isinstance(values, list) else [], count, None)


class _Shallow:
    """A file whose reading ends where it is nested too deeply; a mark at its beginning is skipped."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._depth = file, 0
        if file.read(len(BOM_UTF8)) != BOM_UTF8:
            file.seek(0)

    def __enter__(self) -> "_Shallow":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, size: int = -1) -> bytes:
        """Read on; nothing more where what was read is too deep, which is an error for who parses it."""
        chunk = self._file.read(size)
        self._depth += chunk.count(b"[") + chunk.count(b"{") - chunk.count(b"]") - chunk.count(b"}")
        return chunk if self._depth <= _MAX_DEPTH else b""


def _open(path: Path) -> _Shallow:
    try:
        return _Shallow(path.open("rb"))
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror})") from None


def load(path: Path) -> Any:
    """Read a whole JSON file; ValueError says in which line it is broken."""
    try:
        return parse(path.read_bytes())
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror})") from None


def parse(text: bytes) -> Any:
    """Read JSON; ValueError says in which line it is broken."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ValueError(
            f"{where}: not JSON ({error.msg}); the file is damaged or cut short: export it again"
        ) from None
    except (UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"not JSON ({type(error).__name__}); export it again") from None


def number_of(value: object) -> float:
    """Return a finite number of a JSON file, or ValueError."""
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= MAX_NUMBER:  # NaN: not so
        return float(value)
    raise ValueError(
        f"{str(value)[:40]!r} is no number" if isinstance(value, str) else f"{str(value)[:40]} is no number"
    )


def are_numbers(values: list) -> bool:
    """Return whether all values of a list of a JSON file pass `number_of`, at a fraction of its time."""
    if not {*map(type, values)} <= {int, float}:
        return False
    return max(map(abs, values), default=0) <= MAX_NUMBER and math.isfinite(sum(values))  # a sum with NaN is NaN


def lists_of(data: Mapping, *names: str) -> list[list]:
    """Return the lists of these names in an object, an empty one for what is not there; ValueError for what is none."""
    for name in names:
        if not isinstance(data.get(name, []), list):
            raise ValueError(f"'{name}' is no list; export the file again")
    return [data.get(name, []) for name in names]
