"""Label sources: which format a path is in, what it says about the experiment, and all its labels in one table.

A format is a module of `formats`, found there and loaded by its name: nothing else has to know it. All of this
runs while the Snakefile is parsed.
"""

import pkgutil
from importlib import import_module
from pathlib import Path
from types import ModuleType

from marey.labels import formats
from marey.labels.identify import identify
from marey.labels.reading import LabelError


def describe(source: str | Path, data: str | Path = "") -> dict:
    """Return what a source says of itself. Cheap: only its config or its header is read, or its table once.

    `keypoints` (list), `skeleton` (list of name pairs) and `individuals` (list), None where not said; `unique`, the
    keypoints that belong to no animal; and whether a frame shows `several` animals. Raises LabelError for a path that
    is no label source.
    """
    return load_format(source, data).describe(Path(data, source))


def inputs(source: str | Path, data: str | Path) -> list[Path]:
    """List the files that a source's labels come from (not the images), unread: an edit to one re-runs ingestion."""
    return load_format(source, data).inputs(Path(data, source))


def videos(source: str | Path, data: str | Path) -> set[str]:
    """Return the ids of the videos whose frames a source labels without bringing images; faults are left to `read`."""
    return load_format(source, data).videos(Path(data, source))


def format_name(source: str | Path, data: str | Path) -> str:
    """Name the module of `formats` that reads a source: what code digests count of them."""
    return load_format(source, data).__name__.rpartition(".")[2]


def load_format(source: str | Path, data: str | Path) -> ModuleType:
    """Load the module of `formats` that reads a source; LabelError where there is none."""
    path = Path(data, source)
    known = [import_module(f"{formats.__name__}.{name}") for name in _names()]
    fitting = next((module for module in known if module.recognises(path)), None)
    if fitting:
        return fitting
    what = identify(path, Path(source)) if path.exists() else ""
    if what:
        raise LabelError(f"labels.sources: {source} is {what}")
    expected = " or ".join(module.EXPECTED for module in known)
    state = "is in no format that Marey knows" if path.exists() else "does not exist"
    raise LabelError(f"labels.sources: {source} {state}; expected {expected}, relative to `data`")


def _names() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(formats.__path__) if not module.name.startswith("_"))
