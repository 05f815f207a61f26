"""DeepPoseKit annotation sets (`.h5`): one animal in each of the images that lie inside the file.

Names and skeleton stand in a CSV beside it with the columns name, parent and swap: that which is called as the set, or
skeleton.csv, or the only one. A point counts where it is marked as annotated. In some sets nothing is, though all is
labelled: then all points count, but those of images that nobody touched, which are zero or the same in every image. The
file does not say which frames the images were: they are numbered in its order, as frames of a video called as the file.
"""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from marey.labels.formats._apart import call_apart
from marey.labels.formats._deeplabcut_grid import SINGLE_ANIMAL
from marey.labels.formats._hdf_tree import SUFFIXES, array, extents, holds, numbers, open_tree
from marey.labels.names import clean_name, name_faults
from marey.labels.reading import Contents, Description, Fault, Source, pixel_offset
from marey.labels.stored import video_of
from marey.tables.text import TextError, read_lines

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

EXPECTED = "a DeepPoseKit annotation set (`.h5`)"
PIXELS = "centre"
LIMITS = "Cannot say that a point is absent or occluded, nor which frames its images were. Left out: swaps."
_READ = {"images", "annotations", "annotated", "skeleton"}
_NONE = -1  # as the parent of a root


class AnnotationSet(NamedTuple):
    """A file that was read."""

    points: "np.ndarray"  # f64[image, keypoint, 2], px as stored, NaN: not labelled
    images: dict[int, bytes]  # encoded, by their number; of labelled ones
    left_out: list[str]


def recognises(path: Path) -> bool:
    """Return whether `path` is an HDF5 file with images and annotations."""
    return path.suffix.lower() in SUFFIXES and {"images", "annotations", "annotated"} <= set(holds(path))


def inputs(path: Path) -> list[Path]:
    """Return the file, and the table of names beside it."""
    names = _names_file(path)
    return [path, names] if names else [path]


def _names_file(path: Path) -> Path | None:
    """Find the CSV of names; None where there is none, or several of which none is called as expected."""
    named = [path.with_suffix(".csv"), path.with_name("skeleton.csv")]
    found = [other for other in sorted(path.parent.glob("*.csv")) if _is_skeleton(other)]
    return next((other for other in named if other in found), found[0] if len(found) == 1 else None)


def _is_skeleton(path: Path) -> bool:
    try:
        return {"name", "parent"} <= set(next(read_lines(path)[0]).cells)
    except (TextError, OSError, StopIteration):
        return False


def _skeleton(path: Path) -> tuple[list[str], list[list[str]]]:
    """Read names and edges from the CSV beside a set; nothing without one."""
    file = _names_file(path)
    if file is None:
        return [], []
    lines = read_lines(file)[0]
    header = next(lines).cells
    rows = [dict(zip(header, map(clean_name, line.cells), strict=False)) for line in lines]
    names = [row.get("name", "") for row in rows]
    faults = name_faults(names)
    if faults:
        raise ValueError(f"{file.name}: {'; '.join(faults[:3])}")
    return names, [[row["parent"], row["name"]] for row in rows if row.get("parent") in names]


def describe(source: Source) -> Description:
    """Return names and edges from the CSV beside it; images are its own."""
    try:
        names, edges = _skeleton(source.path)
    except ValueError as error:
        return Description(fault=str(error))
    return Description(keypoints=names or None, skeleton=edges or None, individuals=[SINGLE_ANIMAL])


def read(source: Source) -> Contents:
    """Read the labelled points and their images."""
    from marey.labels.points import as_labels

    try:
        names, _ = _skeleton(source.path)
        file = call_apart(read_file, source.path)
        count = file.points.shape[1]
        if names and len(names) != count:
            raise ValueError(f"has {count} keypoints, and {_names_file(source.path).name} names {len(names)} of them")
    except ValueError as error:
        return Contents(as_labels(), [Fault(source.name, 0, "bad_file", str(error))])
    left_out = list(file.left_out)
    if not names:
        names = [f"keypoint{number}" for number in range(1, count + 1)]
        left_out.append("names of keypoints: there is no CSV with name and parent beside it, so they are numbered")
    images = {_image(source, number): encoded for number, encoded in file.images.items()}
    return Contents(_labels(file, names, source), [], None, left_out, images)


def _image(source: Source, number: int) -> str:
    """Name an image inside a file, as `labels` holds it."""
    return f"{source.name}/images/{number}"


def _labels(file: AnnotationSet, names: list[str], source: Source) -> "pd.DataFrame":
    import numpy as np

    from marey.labels.points import Names, labels_of

    there = np.isfinite(file.points).all(axis=-1)
    shown = np.flatnonzero(there.any(axis=1))
    frame, keypoint = np.repeat(shown, len(names)), np.tile(np.arange(len(names)), len(shown))
    x, y = file.points[shown].reshape(-1, 2).T + pixel_offset(source, PIXELS)
    return labels_of(
        len(frame),
        video=video_of(f"{source.path.stem}.h5", source),
        frame=frame,
        individual=SINGLE_ANIMAL,
        keypoint=Names(names, keypoint),
        x=x,
        y=y,
        visibility=Names(("visible", "unlabelled"), np.where(there[shown].ravel(), 0, 1)),
        annotator="",
        image=Names([_image(source, int(number)) for number in shown], np.repeat(np.arange(len(shown)), len(names))),
        source=source.name,
        row=frame + 1,
    )


def read_file(path: Path) -> AnnotationSet:
    """Read a file, in this process; ValueError says what is wrong with it."""
    import numpy as np

    from marey.pictures.encoding import encode

    with open_tree(path) as file:
        points = numbers(file, "annotations", ndim=3)
        annotated = array(file, "annotated").astype(bool)
        stored = file["images"]
        if annotated.ndim == 1:
            annotated = np.repeat(annotated[:, None], points.shape[1], axis=1)
        shape = (len(stored), *annotated.shape[1:], 2)
        if points.shape != shape or annotated.shape != points.shape[:2] or stored.ndim != 4 or stored.dtype != np.uint8:
            held = f"{stored.dtype}{stored.shape}, {points.shape} and {annotated.shape}"
            raise ValueError(f"images, annotations and annotated are {held}: of one number, uint8 images with channels")
        left_out = extents(file, sorted(set(file) - _READ)) + (
            ["swaps of left and right"] if "skeleton" in file else []
        )
        if not annotated.any():
            annotated = _touched(points)
            left_out.append(f"that no point is marked as annotated: {annotated.sum()} are taken, as they were moved")
        points = np.where(annotated[..., None], points, np.nan)
        shown = np.flatnonzero(np.isfinite(points).all(axis=-1).any(axis=1))
        pictures = (stored[number] for number in shown)
        images = {
            int(number): encode(picture[..., 0] if picture.shape[-1] == 1 else picture)
            for number, picture in zip(shown, pictures, strict=True)
        }
    return AnnotationSet(points, images, left_out)


def _touched(points: "np.ndarray") -> "np.ndarray":
    """Return which points are none of those that a new set begins with: zero, or the same in every image."""
    import numpy as np

    at_start = (points == 0).all(axis=(1, 2), keepdims=True)
    if len(points) > 1:
        at_start = at_start | (points == points[:1]).all()
    return np.broadcast_to(~at_start, points.shape).all(axis=-1)
