"""What formats share: sources, what they say and hold, faults, and numbers. Standard library only (parse time)."""

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pandas as pd

MAX_LINES = 20  # lines of one error message; the rest is counted


class LabelError(ValueError):
    """Labels that cannot be used as they are; the message names files, rows and fixes."""


class Source(NamedTuple):
    """A path that the config names, and what it says of it."""

    path: Path  # file or folder, on this machine
    data: Path  # folder that sources, images and the paths in tables are relative to
    pixels: str = "auto"  # auto | corner | centre | matlab: where a format's coordinates count from
    videos: Mapping[str, str] = MappingProxyType({})  # id of a video, by the name or path that the source has for it
    images: str = ""  # folder of its images, relative to `data`
    keypoints: Mapping[str, str] = MappingProxyType({})  # names of keypoints in the experiment, by those in the source

    @classmethod
    def of(cls, entry: str | Mapping, data: str | Path) -> "Source":
        """Make a source of an entry of `labels.sources` or `predictions.sources`: a path, or a mapping with one."""
        entry = {"path": entry} if isinstance(entry, str) else dict(entry)
        return cls(Path(data, entry.pop("path")), Path(data), **entry)

    @property
    def name(self) -> str:
        """Return the path as tables hold it."""
        return relative(self.path, self.data)


class Description(NamedTuple):
    """What a source says of itself, without its points being read."""

    keypoints: list[str] | None = None  # in order; None: not said
    skeleton: list[list[str]] | None = None  # pairs of names
    individuals: list[str] | None = None
    unique: Sequence[str] = ()  # keypoints that belong to no animal
    several: bool = False  # whether a frame shows several animals
    videos: Sequence[str] = ()  # ids of the videos whose frames are labelled without an image of their own
    predicted_videos: Sequence[str] = ()  # ids of the videos of which it holds predictions
    predicted: bool = False  # whether it holds predictions alone
    fault: str = ""  # why it cannot say more: `read` gives it, too


class Shown(NamedTuple):
    """A frame of a video as it was when it was labelled."""

    by: str  # in what it was labelled, and by whom, in words
    width: int  # px
    height: int  # px
    sha256: str  # of `pictures.fingerprints.frame_png`
    fingerprint: str = ""  # of `pictures.fingerprints`; "": not said


class Contents(NamedTuple):
    """What a source holds.

    `labels` has the columns of the table `labels`, `predictions` those of `points.PREDICTED`. What a fault touches is
    in neither.
    """

    labels: "pd.DataFrame"
    faults: list["Fault"]
    predictions: "pd.DataFrame | None" = None
    left_out: Sequence[str] = ()  # what else the source holds, which Marey has no place for, in words
    images: Mapping[str, bytes] = MappingProxyType({})  # encoded images inside the source, by their name in `labels`
    # Frames as they were labelled, by source, video and frame in `labels`, of formats that say so.
    shown: Mapping[tuple[str, str, int], Shown] = MappingProxyType({})


class Fault(NamedTuple):
    """One fault of a label file: a row of the table `dropped`. Row 0 is the file as a whole."""

    source: str
    row: int
    reason: str
    detail: str


def relative(path: Path, data: Path) -> str:
    """Return `path` relative to the data folder, with forward slashes, as tables hold it."""
    return Path(os.path.relpath(path, data)).as_posix()


PIXELS = {"corner": 0.0, "centre": 0.5, "matlab": -0.5}


def pixel_offset(source: Source, usual: str) -> float:
    """Return the px to add to x and y: Marey counts from the corner of the image, pixel centres at integers + 0.5.

    `usual`: what the format does where the config does not say (`pixels: auto`). corner: as Marey; centre: the middle
    of the first pixel is 0; matlab: it is 1.
    """
    return PIXELS[usual if source.pixels == "auto" else source.pixels]


def parse_number(value: object) -> float:
    """Read a finite float, or NaN where nothing is written; ValueError for anything else."""
    text = "" if value is None else str(value).strip()
    if text.lower() in ("", "nan", "<na>"):
        return math.nan
    result = float(text)
    if math.isinf(result) or "_" in text:  # Python reads 1_000 as a number; a label file means something else by it
        raise ValueError(text)
    return result


def describe_faults(faults: list[Fault]) -> str:
    """Word all faults as one message; the same fault in many rows of a file takes one line."""
    rows: dict[tuple[str, str, str], list[int]] = {}
    for fault in sorted(faults, key=lambda fault: (fault.source, fault.row)):
        rows.setdefault((fault.source, fault.reason, fault.detail), []).append(fault.row)
    lines = [f"  {source}{_rows(found)}: {reason}: {detail}" for (source, reason, detail), found in rows.items()]
    if len(lines) > MAX_LINES:
        lines[MAX_LINES:] = [f"  and {len(lines) - MAX_LINES} more"]
    count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
    head = f"{count} in the labels. Fix them, or set `labels.on_error: drop` to leave out what is faulty and list it."
    return "\n".join([head, *lines])


def _rows(rows: list[int]) -> str:
    """Word rows: ', row 4' or ', rows 4-7, 9'; nothing for the file as a whole."""
    runs: list[list[int]] = []
    for row in sorted(set(rows) - {0}):
        if runs and row == runs[-1][1] + 1:
            runs[-1][1] = row
        else:
            runs.append([row, row])
    shown = [str(first) if first == last else f"{first}-{last}" for first, last in runs[:MAX_LINES]]
    if len(runs) > MAX_LINES:
        shown.append("...")
    return f", row{'s' if len(rows) > 1 else ''} {', '.join(shown)}" if shown else ""
