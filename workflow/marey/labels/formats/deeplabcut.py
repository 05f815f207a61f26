"""DeepLabCut projects: `labeled-data/<video>/CollectedData_<scorer>.csv` and `.h5`, single and multi-animal.

Pixels: DeepLabCut's label tools put the centre of the top left pixel at (0, 0); Marey puts the corner of the image
there. So 0.5 is added to x and to y.

DeepLabCut has no word for occluded or absent: an empty point is `unlabelled`. An animal without a single point in a
frame gives no rows. A row may stop early, between two points: the rest is empty. The CSV is read before the H5, since
people edit it and its rows can be named; where both exist they must agree.
"""

import csv
import logging
import math
import re
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import yaml

from marey.labels.formats._deeplabcut_grid import HEADER, SINGLE_ANIMAL, Grid, Point, read_csv, read_h5
from marey.labels.reading import Fault, LabelError, parse_number, relative

EXPECTED = "a DeepLabCut project folder (with `labeled-data`)"
HALF_PIXEL = 0.5  # px, from DeepLabCut's pixel centres at integers to Marey's corner at (0, 0)
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
    """Return whether `path` is a DeepLabCut project."""
    return Path(path, "labeled-data").is_dir()


def inputs(path: Path) -> list[Path]:
    """List the project's config.yaml and its label files, unread."""
    labels = [file for kind in ("csv", "h5") for file in path.glob(f"labeled-data/*/CollectedData_*.{kind}")]
    return [file for file in [path / "config.yaml"] if file.is_file()] + sorted(labels)


def describe(path: Path) -> dict:
    """Read `keypoints`, `skeleton` (name pairs), `individuals` and more (see `sources.describe`) from config.yaml.

    Lines of the skeleton that name unknown keypoints are left out: new projects come with such a placeholder. Without a
    config.yaml the keypoints are those of the first CSV's header. Raises LabelError for a broken config.yaml.
    """
    config = path / "config.yaml"
    if not config.is_file():
        return {
            "keypoints": _header_keypoints(path),
            "skeleton": None,
            "individuals": None,
            "unique": [],
            "several": False,
        }
    try:
        metadata = yaml.safe_load(config.read_text(encoding="utf-8-sig"))
        multi = metadata.get("bodyparts") == "MULTI!"
        unique = _names(metadata, "uniquebodyparts") if multi else []
        keypoints = (_names(metadata, "multianimalbodyparts") if multi else _names(metadata, "bodyparts")) + unique
        animals = _names(metadata, "individuals") if multi else [SINGLE_ANIMAL]
        edges = [list(map(str, edge)) for edge in metadata.get("skeleton") or []]
    except (yaml.YAMLError, UnicodeDecodeError, AttributeError, TypeError) as error:
        raise LabelError(f"{config}: not a DeepLabCut config ({error}); restore the file") from None
    skeleton = [edge for edge in edges if len(edge) == 2 and set(edge) <= set(keypoints)]
    return {
        "keypoints": keypoints or None,
        "skeleton": skeleton or None,
        "individuals": animals + ["single"] * bool(unique),
        "unique": unique,
        "several": len(animals) > 1,
    }


def _names(metadata: dict, key: str) -> list[str]:
    names = metadata.get(key) or []
    if not isinstance(names, list):
        raise TypeError(f"{key}: {names!r} is not a list")
    return list(map(str, names))


def _header_keypoints(path: Path) -> list[str] | None:
    for file in sorted(path.glob("labeled-data/*/CollectedData_*.csv")):
        with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
            for cells in csv.reader(islice(lines, len(HEADER))):
                if cells and cells[0] == "bodyparts":
                    return list(dict.fromkeys(name for name in cells[1:] if name))
    return None


def videos(path: Path) -> set[str]:
    """Return no ids: a project brings its images."""
    return set()


def read(path: Path, data: Path) -> tuple[list[tuple], list[Fault]]:
    """Read all points of a project, as rows of the table `labels`, and the faults of its files.

    What a fault touches is not among the rows: the point of a bad cell, the frame of a bad row, or a whole bad file.
    """
    rows, faults = [], []
    stems = sorted({file.with_suffix("") for file in inputs(path) if file.suffix != ".yaml"})
    if not stems:
        expected = "labeled-data/<video>/CollectedData_<scorer>.csv"
        faults.append(Fault(relative(path, data), 0, "bad_file", f"found no {expected}; label some frames first"))
    for stem in stems:
        files, found = _read_pair(stem, path, data)
        faults += found
        for file in files[:1]:
            kept = [frame for frame in file.frames if not frame.faulty]
            rows += [row for frame in kept for row in _rows(frame, file)]
            empty = sum(not frame.labelled for frame in kept)
            _log.info("%s: %d frames, %d of them without any label", file.source, len(kept), empty)
    return rows, faults


def _read_pair(stem: Path, project: Path, data: Path) -> tuple[list[LabelFile], list[Fault]]:
    """Read `stem`.csv and `stem`.h5, those that can be read, in this order, and compare them with each other."""
    files, faults = [], []
    for suffix, reader in ((".csv", read_csv), (".h5", read_h5)):
        path = stem.with_name(stem.name + suffix)
        if not path.is_file():
            continue
        source = relative(path, data)
        try:
            grid = reader(path)
        except ValueError as error:
            faults.append(Fault(source, 0, "bad_file", str(error)))
            continue
        frames, found = _frames(grid, source, relative(project, data))
        files.append(LabelFile(source, grid.scorers, frames))
        faults += found
    return files, faults + (_conflicts(*files) if len(files) == 2 else [])


def _frames(grid: Grid, source: str, project: str) -> tuple[list[LabelledImage], list[Fault]]:
    frames, faults = [], []
    width = 2 * len(grid.points)
    for index, (row, path, cells) in enumerate(grid.rows):
        try:
            frame = LabelledImage(row, *_place(path, project))
        except ValueError as error:
            faults.append(Fault(source, row, "bad_row", str(error)))
            continue
        half_written = index == len(grid.rows) - 1 and not grid.whole and len(cells) < width
        if any(cells[width:]) or (any(cells) and (len(cells[:width]) % 2 or half_written)):
            detail = f"{len(cells)} cells follow the image, expected {width}; complete the line or delete it"
            faults.append(Fault(source, row, "bad_row", detail))
            frame.faulty = True
        else:
            faults += [Fault(source, row, "bad_number", detail) for detail in _fill(frame, grid.points, cells)]
        frames.append(frame)
    return frames, faults


def _place(path: str, project: str) -> tuple[str, str, int]:
    """Read (image, video, frame) off a path that ends in labeled-data/<video>/<image>, with either kind of slash."""
    parts = path.replace("\\", "/").split("/")
    if len(parts) < 3 or parts[-3] != "labeled-data" or any(part in ("", ".", "..") for part in parts[-3:]):
        raise ValueError(f"'{path}' is not an image of the project; expected labeled-data/<video>/<image>")
    video, name = parts[-2:]
    match = _FRAME.search(Path(name).stem)
    if not match:
        raise ValueError(f"'{path}' has no frame number; name the image by its frame, as in img0027.png")
    frame, crop, plain = match.groups()
    image = Path(project, "labeled-data", video, name).as_posix()
    return image, video, int(plain) if plain else int(frame) * CROPS_PER_FRAME + int(crop)


def _fill(frame: LabelledImage, points: list[Point], cells: list) -> list[str]:
    """Put the points of a row into `frame`; return what is wrong with the others."""
    wrong = []
    for index, point in enumerate(points):
        pair = ([*cells[2 * index : 2 * index + 2], "", ""])[:2]
        try:
            x, y = map(parse_number, pair)
            if math.isnan(x) != math.isnan(y):
                raise ValueError
        except ValueError:
            frame.unread.add(point)
            wrong.append(f"{'/'.join(point)} is at ({pair[0]!r}, {pair[1]!r}); expected two numbers or two empty cells")
        else:
            frame.points[point] = (x, y)
    return wrong


def _rows(frame: LabelledImage, file: LabelFile) -> list[tuple]:
    present = {individual for individual, _ in frame.labelled}
    rows = []
    for point, (x, y) in frame.points.items():
        if point[0] in present:
            place = (frame.video, frame.frame, *point, x + HALF_PIXEL, y + HALF_PIXEL)
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
