"""Ultralytics YOLO pose: a `data.yaml` with `kpt_shape`, images, and a text file for each with a line for each animal.

Pixels: positions are parts of the image's width and height, which begin at its corner.

With three values a point, 2 is visible, 1 occluded and 0 unlabelled; a data set that knows no 2 only tells 0 from 1, so
that 1 is visible there. With two values a point at (0, 0), or left or above of it, is unlabelled. Keypoints have the
names of `kpt_names`, or else are keypoint1, keypoint2, ...: `keypoints` of the source names them. Animals are animal1,
animal2, ... in the order of the lines. `source` and `row` are the text file and its line.
"""

from collections.abc import Iterator
from heapq import nlargest
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from marey.labels.formats._deeplabcut_grid import SINGLE_ANIMAL
from marey.labels.formats._stills import image_size
from marey.labels.formats._yolo_dataset import DataSet, Labelled, find_yaml, lines_of, list_labels, read_data_set
from marey.labels.reading import Contents, Description, Fault, Source, parse_number, pixel_offset, relative
from marey.labels.stored import frames_of

EXPECTED = "a data set of Ultralytics YOLO pose (`data.yaml` with `kpt_shape`, or its folder)"
PIXELS = "corner"
LIMITS = (
    "Cannot say that a point is absent, nor who set it. Left out: boxes, classes, and the parts train, val and test."
)
LOOKED_AT = 100  # label files, the largest: one of two animals is about twice as long as one of one
BOX = 5  # numbers of a line before its points: class and box


def recognises(path: Path) -> bool:
    """Return whether `path` is a YAML file that says how many keypoints there are, or a folder with one."""
    return find_yaml(path) is not None


def inputs(path: Path) -> list[Path]:
    """Return the YAML file and all label files."""
    file = find_yaml(path)
    try:
        return [file, *(item.labels for item in list_labels(read_data_set(file))[0])]
    except ValueError:
        return [file]  # broken: `read` says how


def describe(source: Source) -> Description:
    """Return the keypoints, and whether an image shows several animals."""
    try:
        data = read_data_set(find_yaml(source.path))
    except ValueError as error:
        return Description(fault=str(error))
    largest = nlargest(LOOKED_AT, (item.labels for item in list_labels(data)[0]), key=lambda path: path.stat().st_size)
    several = any(len(list(islice(lines_of(path), 2))) > 1 for path in largest)
    return Description(keypoints=data.keypoints, several=several)


class Animal(NamedTuple):
    """A line of a label file: points as parts of the image, each with its visibility as written."""

    item: Labelled
    line: int
    number: int  # of the animal in its image, from 0
    category: int
    points: list[tuple[float, float, int]]


def read(source: Source) -> Contents:
    """Read all points; a line with a fault is left out, and so are all of a file without its image."""
    from marey.labels.points import as_labels

    file = find_yaml(source.path)
    try:
        data = read_data_set(file)
        items, missing, bare = list_labels(data)
    except ValueError as error:
        return Contents(as_labels(), [Fault(relative(file, source.data), 0, "bad_file", str(error))])
    faults = [Fault(relative(file, source.data), 0, "bad_file", why) for why in missing]
    animals = []
    for item in items:
        for animal in _animals(item, data):
            if isinstance(animal, Animal):
                animals.append(animal)
            else:
                faults.append(Fault(relative(item.labels, source.data), *animal))
    rows, found = _rows(animals, data, source)
    left_out = [f"{len(bare)} images without a label file"] if bare else []
    used = {animal.category for animal in animals}
    left_out += [f"which of {len(used)} classes an animal is of"] if len(used) > 1 else []
    if animals and data.values > 2 and not _has_twos(animals):
        left_out.append("which points are occluded: no point has the visibility 2, so 1 is taken as visible")
    return Contents(as_labels(rows), faults + found, left_out=left_out)


def _has_twos(animals: list[Animal]) -> bool:
    return any(seen == 2 for animal in animals for _, _, seen in animal.points)


def _animals(item: Labelled, data: DataSet) -> "Iterator[Animal | tuple[int, str, str]]":
    """Yield the animals of a label file, or (line, reason, detail) of what is wrong with a line."""
    for number, (line, cells) in enumerate(lines_of(item.labels)):
        try:
            category, points = _parse(cells, data)
        except ValueError as error:
            yield line, "bad_row", f"{error}; complete the line or delete it"
        else:
            yield Animal(item, line, number, category, points)


def _parse(cells: list[str], data: DataSet) -> tuple[int, list[tuple[float, float, int]]]:
    """Read the class and the points of a line; ValueError says what is wrong with it."""
    count, values = len(data.keypoints), data.values
    if len(cells) != BOX + count * values:
        raise ValueError(
            f"{len(cells)} numbers, expected {BOX + count * values}: a class, a box of 4, and {values} for each of "
            f"{count} keypoints"
        )
    numbers = [_number(cell) for cell in cells]
    category = int(numbers[0]) if numbers[0] == numbers[0] else -1
    if category != numbers[0] or category < 0 or (data.classes and category not in data.classes):
        raise ValueError(
            f"class {cells[0]} is none of {', '.join(map(str, data.classes)) or 'the whole numbers from 0'}"
        )
    points = []
    for name, place in zip(data.keypoints, range(BOX, len(cells), values), strict=True):
        x, y = numbers[place : place + 2]
        seen = numbers[place + 2] if values > 2 else 2 * (x > 0 or y > 0) * (x >= 0 and y >= 0)
        if seen not in (0, 1, 2):
            raise ValueError(f"{name} has the visibility {cells[place + 2]}, expected 0, 1 or 2")
        if seen and not (0 <= x <= 1 and 0 <= y <= 1):
            raise ValueError(f"{name} is at ({x:g}, {y:g}), expected parts of the image from 0 to 1")
        points.append((x, y, int(seen)))
    return category, points


def _number(cell: str) -> float:
    try:
        return parse_number(cell)
    except ValueError:
        raise ValueError(f"'{cell}' is no number") from None


def _rows(animals: list[Animal], data: DataSet, source: Source) -> tuple[list[tuple], list[Fault]]:
    """Return the rows of the table `labels`; also what is wrong with the images."""
    there = [animal for animal in animals if any(seen for _, _, seen in animal.points)]
    several = any(animal.number for animal in animals)
    shown = {0: "unlabelled", 1: "occluded" if _has_twos(animals) else "visible", 2: "visible"}
    names = {image: relative(image, source.data) for image in dict.fromkeys(animal.item.image for animal in there)}
    frames, sizes = frames_of(names.values(), source), {image: image_size(image) for image in names}
    offset = pixel_offset(source, PIXELS)
    rows, faults = [], []
    for animal in there:
        image, labels = names[animal.item.image], relative(animal.item.labels, source.data)
        size = sizes[animal.item.image]
        if size is None:
            state = "is no readable image" if animal.item.image.is_file() else "is missing, under any suffix"
            faults.append(Fault(labels, animal.line, "missing_image", f"image {image} {state}; restore it"))
            continue
        individual = f"animal{animal.number + 1}" if several else SINGLE_ANIMAL
        for keypoint, (x, y, seen) in zip(data.keypoints, animal.points, strict=True):
            where = (x * size[0] + offset, y * size[1] + offset) if seen else (float("nan"), float("nan"))
            rows.append((*frames[image], individual, keypoint, *where, shown[seen], "", image, labels, animal.line))
    return rows, faults
