"""Label tables of Lightning Pose and DeepLabCut as files of their own: one CSV, whose rows name an image each.

So are `CollectedData.csv` of Lightning Pose, one of several views (`CollectedData_top.csv`) or of new videos, and a
table of DeepLabCut that lies in no project. A project is named as a folder instead, where its `config.yaml` says whose
labels count. The header and the pixels are those of DeepLabCut: the middle of the first pixel is (0, 0). An empty point
is unlabelled. An animal without a single point in an image gives no rows.
"""

import re
from pathlib import Path

from marey.labels.formats._deeplabcut_grid import (
    Grid,
    Point,
    misfit,
    points_of,
    read_csv,
)
from marey.labels.heads import IMAGE_SUFFIXES, header_cells, read_head
from marey.labels.reading import Contents, Description, Fault, Source, pixel_offset
from marey.labels.stored import Place, place_images
from marey.labels.summaries import summarise

EXPECTED = "a label table of Lightning Pose (`.csv`)"
PIXELS = "centre"
LIMITS = "Cannot say that a point is occluded or absent. A column of likelihoods is left out."
HEADER_LINES = 4  # at most
UNIQUE = "single"  # the individual that holds what belongs to no animal


def recognises(path: Path) -> bool:
    """Return whether `path` is a CSV with DeepLabCut's header and images in its rows, and no part of a project."""
    if path.suffix.lower() != ".csv" or not path.is_file() or _in_project(path):
        return False
    head = read_head(path)
    if header_cells(head)[0] != "scorer":
        return False
    lines = head.decode("utf-8", errors="replace").splitlines()[: HEADER_LINES + 1]
    cells = (cell.strip(' "') for line in lines for cell in re.split(r"[,;\t]", line)[:3])
    return any(Path(cell).suffix.lower() in IMAGE_SUFFIXES for cell in cells)


def _in_project(path: Path) -> bool:
    return path.name.startswith("CollectedData") and path.parent.parent.name == "labeled-data"


def inputs(path: Path) -> list[Path]:
    """Return the file itself."""
    return [path]


def describe(source: Source) -> Description:
    """Return keypoints and individuals of the header."""
    return Description(**summarise(source.path, _summary))


def _summary(path: Path) -> dict:
    points = read_csv(path, None).columns
    individuals = list(dict.fromkeys(individual for individual, _ in points))
    return {
        "keypoints": list(dict.fromkeys(keypoint for _, keypoint in points)),
        "individuals": individuals,
        "unique": [keypoint for individual, keypoint in points if individual == UNIQUE],
        "several": len({*individuals} - {UNIQUE}) > 1,
    }


def read(source: Source) -> Contents:
    """Read all points; what a fault touches is left out: the point of a bad cell or the image of a bad row."""
    from marey.labels.points import as_labels

    name, offset = source.name, pixel_offset(source, PIXELS)
    try:
        grid = read_csv(source.path, None)
    except ValueError as error:
        return Contents(as_labels(), [Fault(name, 0, "bad_file", str(error))])
    places, unsure = place_images((image for _, image, _, fault in grid.rows if not fault), source)
    labels, faults = [], []
    for at, (row, image, cells, fault) in enumerate(grid.rows):
        last = at == len(grid.rows) - 1 and not grid.whole
        fault = fault or unsure.get(image) or misfit(cells, grid, last=last)
        if fault:
            faults.append(Fault(name, row, "bad_row", fault))
            continue
        points, unread = points_of(grid.columns, cells)
        faults += [Fault(name, row, "bad_number", detail) for detail in unread.values()]
        labels += [(*found, name, row) for found in _rows(points, places[image], grid, offset)]
    return Contents(as_labels(labels), faults)


def _rows(points: dict[Point, tuple[float, float]], place: Place, grid: Grid, offset: float) -> list[tuple]:
    """Return (video, frame, individual, keypoint, x, y, visibility, annotator, image) of the animals that are there."""
    present = {individual for (individual, _), (x, _) in points.items() if x == x}
    return [
        (
            *place[:2],
            individual,
            keypoint,
            x + offset,
            y + offset,
            "visible" if x == x else "unlabelled",
            grid.scorers[individual, keypoint],
            place.image,
        )
        for (individual, keypoint), (x, y) in points.items()
        if individual in present
    ]
