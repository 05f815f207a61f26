"""JSON files of labels: what one holds, told by its beginning, and reading it with the place of what is wrong.

Standard library only (parse time).
"""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from marey.labels.heads import read_head

SUFFIX = ".json"
MAX_NUMBER = 2**53
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


def lists_of(data: Mapping, *names: str) -> list[list]:
    """Return the lists of these names in an object, an empty one for what is not there; ValueError for what is none."""
    for name in names:
        if not isinstance(data.get(name, []), list):
            raise ValueError(f"'{name}' is no list; export the file again")
    return [data.get(name, []) for name in names]
