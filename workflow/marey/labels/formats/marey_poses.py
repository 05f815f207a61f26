"""Poses as Marey writes them: the tables `poses`, `tracks` and `smoothed` (Parquet), or exported as CSV.

Columns that count: video, frame, instance or individual, keypoint, x, y, confidence; any others are left out. Of a
smoothed table the smoothed positions are taken. Predictions alone: nothing in such a table is a label.
"""

from pathlib import Path

from marey.labels.heads import header_cells, read_head
from marey.labels.reading import Contents, Description, Fault, LabelError, Source, pixel_offset
from marey.labels.stored import video_of
from marey.labels.summaries import summarise

EXPECTED = "a table of poses of Marey (`.parquet`, or exported as `.csv`)"
PIXELS = "corner"
LIMITS = "No visibility; `sigma_px`, states of smoothing and raw positions are left out."
SUFFIXES = (".csv", ".parquet")
REQUIRED = ("video", "frame", "keypoint", "x", "y", "confidence")
UNIQUE = "unique"  # what belongs to no animal, in the tables `tracks` and `smoothed`


def recognises(path: Path) -> bool:
    """Return whether `path` is a table with a confidence for each point."""
    if not path.is_file() or path.suffix.lower() not in SUFFIXES:
        return False
    head = read_head(path)
    if path.suffix.lower() == ".csv":
        return set(REQUIRED) <= set(header_cells(head))
    return head.startswith(b"PAR1") and set(REQUIRED) <= set(summarise(path, _columns)["columns"])


def inputs(path: Path) -> list[Path]:
    """Return the table itself."""
    return [path]


def describe(source: Source) -> Description:
    """Return names, videos, and whether a frame shows several animals."""
    said = dict(summarise(source.path, _summary))
    videos = [video_of(name, source) for name in said.pop("videos")]
    return Description(**said, predicted_videos=videos, predicted=True)


def read(source: Source) -> Contents:
    """Read the points that have a position."""
    import pandas as pd

    from marey.labels.points import PREDICTED, as_labels

    try:
        table = _table(source.path)
    except LabelError as error:
        return Contents(as_labels(), [Fault(source.name, 0, "bad_file", str(error))])
    offset = pixel_offset(source, PIXELS)
    table = table[table[["x", "y"]].notna().all(axis=1)].reset_index(drop=True)
    if "instance" not in table:
        names = table["individual"].where(table["individual"] != UNIQUE)
        order = sorted(names.dropna().unique())
        table["instance"] = pd.Categorical(names, categories=order).codes  # -1: unique
    known = {name: video_of(name, source) for name in table["video"].unique()}
    table = table.assign(
        video=table["video"].map(known),
        individual=table.get("individual", ""),
        x=table["x"] + offset,
        y=table["y"] + offset,
    )
    return Contents(as_labels(), [], table[PREDICTED.names])


def _columns(path: Path) -> dict:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return {"columns": pq.read_schema(path).names}
    except (pa.ArrowException, OSError):
        return {"columns": []}  # no whole file: other formats say so


def _summary(path: Path) -> dict:
    table = _table(path)
    animal = "individual" if "individual" in table else "instance"
    animals = table[table[animal] != (UNIQUE if animal == "individual" else -1)]
    keypoints = table["keypoint"].unique().tolist()
    own = set(animals["keypoint"])
    return {
        "keypoints": keypoints,
        "unique": [name for name in keypoints if name not in own],
        "several": bool(animals.groupby(["video", "frame"])[animal].nunique().max() > 1) if len(animals) else False,
        "videos": table["video"].unique().tolist(),
    }


def _table(path: Path):
    """Read the columns that count; LabelError where they are not what they should be."""
    import pandas as pd

    wanted = {*REQUIRED, "individual", "instance"}
    try:
        if path.suffix.lower() == ".parquet":
            table = pd.read_parquet(path, columns=[name for name in _columns(path)["columns"] if name in wanted])
        else:
            text = {"video": str, "keypoint": str, "individual": str}
            table = pd.read_csv(path, usecols=lambda name: name in wanted, dtype=text, keep_default_na=False,
                                na_values={name: [""] for name in ("x", "y", "confidence")})  # fmt: skip
        if not {"individual", "instance"} & set(table):
            raise ValueError("it has neither the column individual nor instance")
        for name in ("frame", "instance", "x", "y", "confidence"):
            if name in table:
                table[name] = table[name].astype("float64")
        for name in {"frame", "instance"} & set(table):
            if not (table[name] % 1 == 0).all():
                raise ValueError(f"{name} {table[name][table[name] % 1 != 0].iloc[0]} is no whole number")
            table[name] = table[name].astype("int64")
    except (ValueError, KeyError, OSError) as error:
        raise LabelError(f"{path}: not a table of poses ({error}); export it again") from None
    return table
