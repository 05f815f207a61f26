"""Made labels, to export: two animals and an object in two frames, with occluded and absent points."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from marey.exports.export_labels import export_labels
from marey.pictures.encoding import encode
from marey.tables import files
from marey.tables.dataset import DATASET
from marey.tables.labels import VISIBILITIES

KEYPOINTS = ["snout", "tail base", "box"]
DOT = (100.5, 50.5)  # the pixel in column 100 and row 50

# (frame, individual, keypoint): x, y, visibility; all else is unlabelled
POINTS = {
    (3, "m 1", "snout"): (*DOT, "visible"),
    (3, "m 1", "tail base"): (20.25, 30.5, "occluded"),
    (3, "ü", "snout"): (5.5, 6.5, "visible"),
    (3, "ü", "tail base"): (np.nan, np.nan, "absent"),
    (9, "m 1", "tail base"): (7.5, 8.5, "visible"),
}
UNIQUE = {(3, "m 1", "box"): (60.5, 61.5, "visible")}


def picture() -> np.ndarray:
    """u8[80, 160, 3], black with one white pixel at `DOT`."""
    image = np.zeros((80, 160, 3), np.uint8)
    image[50, 100] = 255
    return image


def images() -> list[bytes]:
    """The images of the two frames, a PNG and a JPEG."""
    buffer = io.BytesIO()
    Image.fromarray(picture()).save(buffer, format="JPEG")
    return [encode(picture()), buffer.getvalue()]


def dataset(folder: Path, *, objects: bool = True) -> Path:
    """Write the table `dataset`."""
    rows = []
    points = POINTS | (UNIQUE if objects else {})
    for frame, image in zip((3, 9), images(), strict=True):
        names = sorted({name for number, name, _ in points if number == frame})
        position = np.full((len(names), len(KEYPOINTS), 2), np.nan, np.float32)
        visibility = np.full((len(names), len(KEYPOINTS)), VISIBILITIES.index("unlabelled"), np.int8)
        for (number, name, keypoint), (x, y, state) in points.items():
            if number == frame:
                at = names.index(name), KEYPOINTS.index(keypoint)
                position[at], visibility[at] = (x, y), VISIBILITIES.index(state)
        row = {"video": "v", "frame": frame, "width": 160, "height": 80, "image": image, "individuals": names}
        rows.append({**row, "points": position.ravel(), "visibility": visibility.ravel()})
    path = folder / "dataset.parquet"
    files.write(path, {name: [row[name] for row in rows] for name in DATASET.names}, DATASET)
    return path


def export(name: str, folder: Path, *, unique: tuple[str, ...] = ("box",)) -> Path:
    """Export the labels; returns the folder."""
    out = folder / "exports" / name
    skeleton = (KEYPOINTS, ((0, 1),), ())
    path = dataset(folder, objects=bool(unique))
    export_labels(path, out, format_name=name, skeleton=skeleton, unique=list(unique), provenance={"version": "1.2.3"})
    return out
