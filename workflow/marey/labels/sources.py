"""Sources of labels and of predictions: which format a path is in, and what it says about the experiment.

A format is a module of `formats`, found there and loaded by its name: nothing else has to know it. All of this
runs while the Snakefile is parsed.
"""

import pkgutil
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType

from marey.labels import formats
from marey.labels.reading import Description, LabelError, Source

LABELS, PREDICTIONS = "labels.sources", "predictions.sources"  # keys of the config that name sources


def describe(entry: str | Mapping, data: str | Path = "", key: str = LABELS) -> Description:
    """Return what a source says of itself. Cheap: only its config or its header is read, or its table once.

    Raises LabelError for a path that is no source; it names `key`, the key of the config that names the source.
    """
    source = Source.of(entry, data)
    said = load_format(source, key).describe(source)
    if not source.keypoints:
        return said

    def renamed(names: Sequence[str] | None) -> list[str] | None:
        return names and [source.keypoints.get(name, name) for name in names]

    skeleton = said.skeleton and [renamed(pair) for pair in said.skeleton]
    return said._replace(keypoints=renamed(said.keypoints), skeleton=skeleton, unique=renamed(said.unique) or ())


def inputs(entry: str | Mapping, data: str | Path, key: str = LABELS) -> list[Path]:
    """List the files that a source's points come from (not the images), unread: an edit to one re-runs ingestion."""
    source = Source.of(entry, data)
    return load_format(source, key).inputs(source.path)


def format_name(entry: str | Mapping, data: str | Path, key: str = LABELS) -> str:
    """Name the module of `formats` that reads a source: what code digests count of them."""
    return load_format(Source.of(entry, data), key).__name__.rpartition(".")[2]


def waits(entry: str | Mapping, data: str | Path) -> bool:
    """Return whether a source is a folder without labels, which waits for the first export of a labelling kit.

    Notes, and the kit itself, may lie in it.
    """
    path = Source.of(entry, data).path
    if not path.is_dir():
        return False
    return all(child.name.startswith(".") or child.suffix.lower() in (".md", ".html") for child in path.iterdir())


def load_format(source: Source, key: str = LABELS) -> ModuleType:
    """Load the module of `formats` that reads a source; LabelError where there is none.

    Modules are loaded one by one up to the one that fits: all of them take longer than the rest of this room.
    """
    path, name, known = source.path, source.name, []
    for module in _names():
        known.append(import_module(f"{formats.__name__}.{module}"))
        if known[-1].recognises(path):
            return known[-1]
    what = _identify(path, Path(name)) if path.exists() else ""
    if what:
        raise LabelError(f"{key}: {name} is {what}")
    expected = "one of: " + "; ".join(module.EXPECTED for module in known)
    state = "is in no format that Marey knows" if path.exists() else "does not exist"
    raise LabelError(f"{key}: {name} {state}; expected {expected}, relative to `data`")


def _identify(path: Path, source: Path) -> str:
    """Say what a path is instead. By name: what only words messages counts in the code digest of no stage."""
    return import_module("marey.labels.identify").identify(path, source)


def _names() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(formats.__path__) if not module.name.startswith("_"))
