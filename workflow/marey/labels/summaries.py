"""What parsing the Snakefile needs to know of a label file that is costly to read, worked out once per state of it.

Every job of a cluster parses the Snakefile, and a table may have a million rows.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from marey.labels.reading import LabelError
from marey.tables.places import user_cache

MIN_BYTES = 100_000  # of tables that are worth a file: smaller ones take under 0.1 s to read


def summarise(path: Path, compute: Callable[[Path], dict], *, always: bool = False) -> dict:
    """Return `compute(path)`, builtins only, from memory or from the user's cache where it is known for the file as is.

    As it is: of the same path, time and size; and for the same program that `compute` is in. `always`: small files too,
    where `compute` starts a process, which takes 0.3 s. Where `compute` raises a ValueError, its words are the `fault`
    of the file, the only entry; a LabelError goes on to the caller.
    """
    state = path.stat()
    return _summarise(path.resolve(), compute, state.st_mtime_ns, state.st_size, always)


@cache
def _summarise(path: Path, compute: Callable[[Path], dict], modified: int, size: int, always: bool) -> dict:
    if size < MIN_BYTES and not always:
        return _computed(path, compute)
    program = hashlib.blake2b(Path(compute.__code__.co_filename).read_bytes(), digest_size=16).hexdigest()
    key = [str(path), modified, size, program]
    name = f"{path}\n{compute.__module__}.{compute.__qualname__}"
    kept = user_cache() / "labels" / f"{hashlib.blake2b(name.encode(), digest_size=16).hexdigest()}.json"
    try:
        found = json.loads(kept.read_text(encoding="utf-8"))
        if found["key"] == key:
            return found["summary"]
    except (OSError, ValueError, KeyError, TypeError):
        pass  # not there yet, or cut short
    summary = _computed(path, compute)
    _keep(kept, json.dumps({"key": key, "summary": summary}))
    return summary


def _computed(path: Path, compute: Callable[[Path], dict]) -> dict:
    try:
        return compute(path)
    except LabelError:
        raise
    except ValueError as error:
        return {"fault": str(error)}


def _keep(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
            file.write(text)
        os.replace(file.name, path)
    except OSError:
        pass  # a cache that cannot be written costs time alone
