"""AlphaTracker: one JSON with a list of images, in each a `Face` (the box of an animal) and its points after it.

Pixels: the middle of the first one is (0, 0). Points have no names: they are keypoint1, keypoint2, ... in their order,
and `keypoints` of the source names them. Every animal of a file has the same number of points; one at (0, 0) is
unlabelled. Animals are animal1, animal2, ... in the order of their image, or animal where no image has two. `row` is
the number of an image in the file, from 1.
"""

from pathlib import Path
from typing import NamedTuple

from marey.labels.formats._deeplabcut_grid import SINGLE_ANIMAL
from marey.labels.formats._json_file import ITEMS, number_of, outline, stream
from marey.labels.reading import Contents, Description, Fault, Source, pixel_offset
from marey.labels.stored import place_images
from marey.labels.summaries import summarise

EXPECTED = "an AlphaTracker label file (`.json`)"
PIXELS = "centre"
LIMITS = "Cannot say that a point is occluded or absent, nor which animal is which in another image. Left out: boxes."
ANIMAL, POINT = "Face", "point"

XY = tuple[float, float]


def recognises(path: Path) -> bool:
    """Return whether `path` is a JSON list of images by name, with a class for each thing in them."""
    seen = outline(path)
    return bool(seen and seen.is_list and "annotations" in seen.first and "class" in seen.first | seen.second)


def inputs(path: Path) -> list[Path]:
    """Return the file itself."""
    return [path]


class Image(NamedTuple):
    """An image and its animals: their points, px as stored."""

    row: int
    name: str
    animals: list[list[XY]]


def describe(source: Source) -> Description:
    """Return the keypoints, and whether an image shows several animals."""
    return Description(**summarise(source.path, _summary))


def _summary(path: Path) -> dict:
    images, _ = _open(path)
    return {"keypoints": _names(images) or None, "several": any(len(image.animals) > 1 for image in images)}


def _names(images: list[Image]) -> list[str]:
    counts = [len(animal) for image in images for animal in image.animals]
    return [f"keypoint{number}" for number in range(1, max(counts, key=counts.count, default=0) + 1)]


def _open(path: Path) -> tuple[list[Image], list[tuple[int, str]]]:
    """Read the images of a file; also (row, what is wrong with an image)."""
    images, wrong = [], []
    for row, entry in enumerate(stream(path, ITEMS), start=1):
        try:
            images.append(_image(row, entry))
        except ValueError as error:
            wrong.append((row, f"[{row - 1}]{error}"))
    return images, wrong


def _image(row: int, entry: object) -> Image:
    items = entry.get("annotations") if isinstance(entry, dict) else None
    name = entry.get("filename") if isinstance(entry, dict) else None
    if not isinstance(items, list) or not isinstance(name, str) or not name:
        raise ValueError(": expected an object with a filename and annotations")
    animals: list[list[XY]] = []
    for at, item in enumerate(items):
        kind = item.get("class") if isinstance(item, dict) else None
        if kind == ANIMAL:
            animals.append([])
        elif kind != POINT or not animals:
            expected = f"a {ANIMAL}" if not animals else f"a {POINT} or a {ANIMAL}"
            raise ValueError(f".annotations[{at}]: the class is {kind!r}, expected {expected}")
        else:
            try:
                animals[-1].append((number_of(item.get("x")), number_of(item.get("y"))))
            except ValueError as error:
                raise ValueError(f".annotations[{at}]: {error}") from None
    return Image(row, name, [animal for animal in animals if any(map(any, animal))])


def read(source: Source) -> Contents:
    """Read all points; an image with a fault is left out."""
    from marey.labels.points import as_labels

    try:
        images, wrong = _open(source.path)
    except ValueError as error:
        return Contents(as_labels(), [Fault(source.name, 0, "bad_file", str(error))])
    names, name, offset = _names(images), source.name, pixel_offset(source, PIXELS)
    several = any(len(image.animals) > 1 for image in images)
    places, unsure = place_images([image.name for image in images if image.animals], source)
    rows = []
    for image in images:
        other = next((len(animal) for animal in image.animals if len(animal) != len(names)), None)
        if image.animals and image.name in unsure:
            wrong.append((image.row, unsure[image.name]))
        elif other is not None:
            said = f"an animal with {other} points, expected {len(names)} as of most; AlphaTracker tells them by order"
            wrong.append((image.row, f"[{image.row - 1}]: {said}"))
        else:
            for number, animal in enumerate(image.animals, start=1):
                video, frame, path = places[image.name]
                individual = f"animal{number}" if several else SINGLE_ANIMAL
                for keypoint, (x, y) in zip(names, animal, strict=True):
                    there = bool(x or y)
                    where = (x + offset, y + offset, "visible") if there else (float("nan"), float("nan"), "unlabelled")
                    rows.append((video, frame, individual, keypoint, *where, "", path, name, image.row))
    bare = sum(not image.animals for image in images)
    faults = [Fault(name, row, "bad_row", why) for row, why in sorted(wrong)]
    return Contents(as_labels(rows), faults, left_out=[f"{bare} images without a point"] if bare else [])
