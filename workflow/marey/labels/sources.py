"""Label sources: which format a path is in, what it says about the experiment, and all its labels in one table.

A format is a module of `formats`, found there and loaded by its name: nothing else has to know it. Everything but
`ingest` runs while the Snakefile is parsed.
"""

import logging
import pkgutil
from importlib import import_module
from pathlib import Path
from types import ModuleType

from marey.labels import formats
from marey.labels.reading import LabelError, describe_faults

_log = logging.getLogger(__name__)


def describe(source: str | Path, data: str | Path = "") -> dict:
    """`keypoints` (list), `skeleton` (list of name pairs) and `individuals` (list) of a source, None where not said.

    And `unique`, the keypoints that belong to no animal, and whether a frame shows `several` animals. Cheap. Raises
    LabelError for a path that is no label source.
    """
    return _format(source, Path(data)).describe(Path(data, source))


def inputs(source: str | Path, data: str | Path) -> list[Path]:
    """The files that the labels of a source come from (not the pictures), unread: an edit to one re-runs ingestion."""
    return _format(source, Path(data)).inputs(Path(data, source))


def videos(source: str | Path, data: str | Path) -> set[str]:
    """Ids of the videos whose frames a source labels without bringing pictures; faults are left to `ingest`."""
    return _format(source, Path(data)).videos(Path(data, source))


def ingest(
    sources: list[str],
    *,
    data: str | Path,
    keypoints: tuple[str, ...],
    videos: dict[str, tuple[int, int, int]],
    on_error: str,
):
    """Read and check all labels.

    data: folder that sources, pictures and the paths in the result are relative to. keypoints: the experiment's, in
    order. videos: (width px, height px, frames) of each video whose own frames may be labelled. on_error: what a fault
    does, `stop` or `drop`.

    Returns (labels, dropped): DataFrames with the columns of the tables of these names. Without faults `dropped` has
    no rows. Raises LabelError, one for all faults, where `on_error` is `stop`; and for a path that is no label source.
    """
    import pandas as pd  # these and what needs them: not while the Snakefile is parsed
    import pyarrow as pa

    from marey.labels.checks import check
    from marey.tables import dropped, labels

    data = Path(data)
    rows, faults = [], []
    for source in sources:
        found, wrong = _format(source, data).read(data / source, data)
        rows += found
        faults += wrong
    columns = list(zip(*rows, strict=True)) or [[]] * len(labels.SCHEMA)
    points = pa.table(dict(zip(labels.SCHEMA.names, columns, strict=True)), schema=labels.SCHEMA).to_pandas()
    points, wrong = check(points, data=data, keypoints=tuple(keypoints), videos=videos)
    faults += wrong
    if faults and on_error == "stop":
        raise LabelError(describe_faults(faults))
    points = points.assign(image=points["image"].replace("", None)).reset_index(drop=True)
    frames = len(points[["video", "frame"]].drop_duplicates())
    _log.info("%d points in %d frames; %d faults", len(points), frames, len(faults))
    return points, pd.DataFrame(faults, columns=dropped.SCHEMA.names)


def ingest_labels(
    sources: list[str],
    labels_out: str | Path,
    dropped_out: str | Path,
    *,
    data: str | Path,
    keypoints: tuple[str, ...],
    probes: list[str | Path],
    on_error: str,
    provenance: dict,
) -> None:
    """`ingest`, written as the tables `labels` and `dropped`; `probes`: `probe` tables of the videos."""
    from marey.tables import dropped, files, labels, probe

    rows = [row for path in probes for row in files.read(path, probe.SCHEMA).itertuples()]
    videos = {row.video: (row.width, row.height, row.frames) for row in rows}
    points, faults = ingest(sources, data=data, keypoints=keypoints, videos=videos, on_error=on_error)
    files.write(labels_out, points, labels.SCHEMA, provenance=provenance)
    files.write(dropped_out, faults, dropped.SCHEMA, provenance=provenance)


def format_name(source: str | Path, data: str | Path) -> str:
    """Name the module of `formats` that reads a source: what code digests count of them."""
    return _format(source, Path(data)).__name__.rpartition(".")[2]


def _format(source: str | Path, data: Path) -> ModuleType:
    path = data / source
    known = [import_module(f"{formats.__name__}.{name}") for name in _names()]
    fitting = next((module for module in known if module.recognises(path)), None)
    if fitting:
        return fitting
    expected = " or ".join(module.EXPECTED for module in known)
    state = "is in no format that Marey knows" if path.exists() else "does not exist"
    raise LabelError(f"labels.sources: {source} {state}; expected {expected}, relative to `data`")


def _names() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(formats.__path__) if not module.name.startswith("_"))
