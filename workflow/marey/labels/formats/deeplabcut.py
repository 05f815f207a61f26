"""DeepLabCut projects: `labeled-data/<video>/CollectedData_<scorer>.csv` and `.h5`, single and multi-animal.

Lightning Pose keeps the same tables, with the same pixels, in one file for all folders: `CollectedData.csv` beside
`labeled-data`.

Pixels: DeepLabCut's label tools put the centre of the top left pixel at (0, 0); Marey puts the corner of the image
there. So 0.5 is added to x and to y.

DeepLabCut has no word for occluded or absent: an empty point is `unlabelled`. An animal without a single point in a
frame gives no rows. A row may stop early, between two points: the rest is empty. The CSV is read before the H5, since
people edit it and its rows can be named; where both exist they must agree. Of several label files of a folder that of
the scorer whom config.yaml names counts, as in DeepLabCut; the others (backups, copies, labels of somebody else) are a
fault each. A folder's name makes the id of its video as the name of a video file does.
"""

import logging
import math
import re
from dataclasses import dataclass, field
from pathlib import Path

from marey.labels.formats._deeplabcut_grid import Grid, Point, misfit, points_of, read_csv, read_h5
from marey.labels.formats._deeplabcut_project import (
    SUFFIXES,
    label_file,
    label_stems,
    named_scorer,
    stems_that_count,
)
from marey.labels.formats._deeplabcut_project import (
    describe as describe,
)
from marey.labels.formats._deeplabcut_project import (
    inputs as inputs,
)
from marey.labels.reading import Contents, Fault, Source, pixel_offset, relative
from marey.videos.names import video_id

EXPECTED = "a DeepLabCut or Lightning Pose project folder (with `labeled-data`)"
PIXELS = "centre"
LIMITS = "Cannot say that a point is occluded or absent. Left out: likelihoods, columns of scorers who do not count."
MAX_DISAGREEMENT = 1e-3  # px by which a CSV and its H5 may differ: both hold decimals of the same number
# DeepLabCut's crop img0012c3.png has no frame of its own in the video: it gets the number 12 * CROPS_PER_FRAME + 3.
CROPS_PER_FRAME = 1000

_FRAME = re.compile(r"(?<!\d)(?:(\d{1,15})c(\d{1,3})|(\d{1,18}))$")  # fits 64 bits
_log = logging.getLogger(__name__)


@dataclass
class LabelledImage:
    """A labelled image and its points in DeepLabCut's px, (NaN, NaN) where there is none."""

    row: int
    image: str
    video: str
    frame: int
    points: dict[Point, tuple[float, float]] = field(default_factory=dict)
    unread: set[Point] = field(default_factory=set)  # points whose cells hold no numbers
    faulty: bool = False  # its row cannot be used as a whole

    @property
    def labelled(self) -> dict[Point, tuple[float, float]]:
        """Return the points that have a position."""
        return {point: xy for point, xy in self.points.items() if not math.isnan(xy[0])}


@dataclass
class LabelFile:
    """A label file that was read."""

    source: str
    scorers: dict[Point, str]
    frames: list[LabelledImage]


def recognises(path: Path) -> bool:
    """Return whether `path` is a DeepLabCut or Lightning Pose project."""
    return Path(path, "labeled-data").is_dir()


def read(source: Source) -> Contents:
    """Read all points of a project.

    What a fault touches is left out: the point of a bad cell, the frame of a bad row, or a whole bad file.
    """
    from marey.labels.points import as_labels

    path, data = source.path, source.data
    offset = pixel_offset(source, PIXELS)
    scorer = named_scorer(path)
    stems, faults = stems_that_count(label_stems(path), scorer, data)
    if not stems and not faults:
        expected = "labeled-data/<video>/CollectedData_<scorer>.csv"
        faults.append(Fault(relative(path, data), 0, "bad_file", f"found no {expected}; label some frames first"))
    rows = []
    for stem in stems:
        files, found = _read_pair(stem, path, data, scorer)
        faults += found
        for file in files[:1]:
            kept = [frame for frame in file.frames if not frame.faulty]
            rows += [row for frame in kept for row in _rows(frame, file, offset)]
            empty = sum(not frame.labelled for frame in kept)
            _log.info("%s: %d frames, %d of them without any label", file.source, len(kept), empty)
    return Contents(as_labels(rows), faults)


def _read_pair(stem: Path, project: Path, data: Path, scorer: str | None) -> tuple[list[LabelFile], list[Fault]]:
    """Read `stem`.csv and `stem`.h5, those that can be read, in this order, and compare them with each other."""
    files, faults = [], []
    for suffix, reader in zip(SUFFIXES, (read_csv, read_h5), strict=True):
        path = label_file(stem, suffix)
        if not path.is_file():
            continue
        source = relative(path, data)
        try:
            grid = reader(path, scorer)
        except ValueError as error:
            faults.append(Fault(source, 0, "bad_file", str(error)))
            continue
        if grid.left_out:
            _log.info("%s: left out the columns of the scorers %s", source, ", ".join(grid.left_out))
        frames, found = _frames(grid, source, relative(project, data))
        files.append(LabelFile(source, grid.scorers, frames))
        faults += found
    return files, faults + (_conflicts(*files) if len(files) == 2 else [])


def _frames(grid: Grid, source: str, project: str) -> tuple[list[LabelledImage], list[Fault]]:
    frames, faults = [], []
    for index, (row, path, cells, fault) in enumerate(grid.rows):
        try:
            if fault:
                raise ValueError(fault)
            frame = LabelledImage(row, *_place(path, project))
        except ValueError as error:
            faults.append(Fault(source, row, "bad_row", str(error)))
            continue
        last = index == len(grid.rows) - 1 and not grid.whole
        detail = misfit(cells, grid, last=last)
        if detail:
            faults.append(Fault(source, row, "bad_row", detail))
            frame.faulty = True
        else:
            frame.points, unread = points_of(grid.columns, cells)
            frame.unread = set(unread)
            faults += [Fault(source, row, "bad_number", detail) for detail in unread.values()]
        frames.append(frame)
    return frames, faults


def _place(path: str, project: str) -> tuple[str, str, int]:
    """Read (image, video, frame) off a path that ends in labeled-data/<video>/<image>, with either kind of slash."""
    parts = path.replace("\\", "/").split("/")
    if len(parts) < 3 or parts[-3] != "labeled-data" or any(part in ("", ".", "..") for part in parts[-3:]):
        raise ValueError(
            f"'{path}' is not an image of the project; expected labeled-data/<video>/<image>, "
            "or the table itself as the source"
        )
    video, name = parts[-2:]
    match = _FRAME.search(Path(name).stem)
    if not match:
        raise ValueError(f"'{path}' has no frame number; name the image by its frame, as in img0027.png")
    identity = video_id(video)
    if not identity:
        raise ValueError(f"the folder '{video}' has no letter or digit in its name, which makes the id of a video")
    frame, crop, plain = match.groups()
    image = Path(project, "labeled-data", video, name).as_posix()
    return image, identity, int(plain) if plain else int(frame) * CROPS_PER_FRAME + int(crop)


def _rows(frame: LabelledImage, file: LabelFile, offset: float) -> list[tuple]:
    present = {individual for individual, _ in frame.labelled}
    rows = []
    for point, (x, y) in frame.points.items():
        if point[0] in present:
            place = (frame.video, frame.frame, *point, x + offset, y + offset)
            visibility = "unlabelled" if math.isnan(x) else "visible"
            rows.append((*place, visibility, file.scorers[point], frame.image, file.source, frame.row))
    return rows


def _conflicts(file: LabelFile, counterpart: LabelFile) -> list[Fault]:
    """Find where a CSV and its H5 do not say the same of a frame, which then counts as faulty."""
    fix = "decide which file is right and delete the other"
    others = {frame.image: frame for frame in counterpart.frames}
    faults = []
    for frame in file.frames:
        other = others.get(frame.image, LabelledImage(0, frame.image, frame.video, frame.frame))
        here, there = frame.labelled, other.labelled
        differ = [
            "/".join(point)
            for point in dict.fromkeys([*here, *there])
            if point not in frame.unread | other.unread
            and (point not in here or point not in there or math.dist(here[point], there[point]) > MAX_DISAGREEMENT)
        ]
        if differ and not (frame.faulty or other.faulty):
            where = f"row {other.row}" if other.row else "which lacks this image"
            detail = f"{', '.join(differ)} not as in {counterpart.source}, {where}; {fix}"
            faults.append(Fault(file.source, frame.row, "conflict", detail))
            frame.faulty = True
    known = {frame.image for frame in file.frames}
    for other in counterpart.frames:
        if other.image not in known and other.labelled and not other.faulty:
            detail = f"{other.image} is labelled here but not in {file.source}; {fix}"
            faults.append(Fault(counterpart.source, other.row, "conflict", detail))
    return faults
