"""JABS pose files of the Jackson Laboratory, `<video>_pose_est_v<2 to 6>.h5`: twelve keypoints of one mouse or several.

The arrays count, not the version, which the name and the file may say differently. Points stand as (y, x). A point at
(0, 0) or with the confidence 0 is none. Mice go by their identity over the whole video (from version 4), or else by
their track; those without either are not tracked.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from marey.labels.formats._apart import call_apart
from marey.labels.formats._dense import Dense, to_predictions
from marey.labels.formats._hdf_tree import SUFFIXES, extents, holds, is_damaged, numbers, open_tree
from marey.labels.reading import Contents, Description, Fault, Source, pixel_offset
from marey.labels.stored import video_of

if TYPE_CHECKING:
    import h5py
    import numpy as np

EXPECTED = "a JABS pose file (`.h5`)"
PIXELS = "centre"
LIMITS = "Holds whole px. Left out: static objects, segmentation, scale, what identities were made of."
KEYPOINTS = [
    "nose",
    "left_ear",
    "right_ear",
    "base_neck",
    "left_front_paw",
    "right_front_paw",
    "center_spine",
    "left_rear_paw",
    "right_rear_paw",
    "base_tail",
    "mid_tail",
    "tip_tail",
]
_JOINED = ((3, 0), (3, 6), (6, 9), (9, 10), (10, 11), (0, 1), (0, 2), (6, 4), (6, 5), (9, 7), (9, 8))
EDGES = [[KEYPOINTS[start], KEYPOINTS[end]] for start, end in _JOINED]
_VERSION = re.compile(r"_pose_est_v\d+$")
_GROUP = "poseest"
_READ = {"points", "confidence", "instance_count", "instance_track_id", "instance_embed_id", "id_mask"}


class Poses(NamedTuple):
    """A file that was read."""

    dense: Dense
    left_out: list[str]


def recognises(path: Path) -> bool:
    """Return whether `path` is an HDF5 file with JABS's group of poses."""
    if path.suffix.lower() not in SUFFIXES:
        return False
    return "points" in holds(path).get(_GROUP, []) or (bool(_VERSION.search(path.stem)) and is_damaged(path))


def inputs(path: Path) -> list[Path]:
    """Return the file itself."""
    return [path]


def describe(source: Source) -> Description:
    """Return JABS's keypoints and the video; a file of several mice has tracks."""
    several = "instance_count" in holds(source.path).get(_GROUP, [])
    return Description(
        keypoints=[*KEYPOINTS], skeleton=EDGES, several=several, predicted_videos=[_video(source)], predicted=True
    )


def _video(source: Source) -> str:
    return video_of(f"{_VERSION.sub('', source.path.stem)}.h5", source)


def read(source: Source) -> Contents:
    """Read the poses as predictions."""
    from marey.labels.points import as_labels

    try:
        poses = call_apart(read_file, source.path)
    except ValueError as error:
        return Contents(as_labels(), [Fault(source.name, 0, "bad_file", str(error))])
    predictions, said = to_predictions(poses.dense, _video(source), pixel_offset(source, PIXELS))
    return Contents(as_labels(), [], predictions, [*poses.left_out, *said])


def read_file(path: Path) -> Poses:
    """Read a file, in this process; ValueError says what is wrong with it."""
    import numpy as np

    with open_tree(path) as file:
        group = file[_GROUP]
        several = group["points"].ndim == 4
        points = numbers(group, "points", ndim=4 if several else 3)[..., ::-1]
        scores = numbers(group, "confidence", ndim=3 if several else 2)
        if points.shape != (*scores.shape, 2) or points.shape[-2] != len(KEYPOINTS):
            expected = f"{len(KEYPOINTS)} keypoints, and 2 more for points alone"
            raise ValueError(f"points have the shape {points.shape}, confidence {scores.shape}; expected {expected}")
        if several:
            identity, names = _identity(group, points.shape[:2])
            count = (
                numbers(group, "instance_count", ndim=1) if "instance_count" in group else np.full(len(points), np.inf)
            )
            scores = np.where((np.arange(points.shape[1]) < count[:, None])[..., None], scores, 0)
        else:
            points, scores, identity, names = points[:, None], scores[:, None], None, [""]
        left_out = extents(file, sorted(set(file) - {_GROUP})) + extents(group, sorted(set(group) - _READ))
    points = np.where(((points == 0).all(axis=-1) | ~(scores > 0))[..., None], np.nan, points)
    return Poses(Dense(np.arange(len(points)), names, KEYPOINTS, points, scores, identity), left_out)


def _identity(group: "h5py.Group", shape: tuple[int, int]) -> "tuple[np.ndarray, list[str]]":
    """Find who each mouse of each frame is: places in a list of names, of which "" is nobody known."""
    import numpy as np

    name = next((name for name in ("instance_embed_id", "instance_track_id") if name in group), None)
    known = np.zeros(shape, np.int64) if name is None else numbers(group, name, ndim=2).astype(np.int64)
    if known.shape != shape:
        raise ValueError(f"{name} has the shape {known.shape}; expected {shape}")
    ordered = np.sort(known, axis=1)
    twice = ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] > 0)).any(axis=1)
    if name == "instance_embed_id" and twice.any():
        raise ValueError(f"{name} gives one identity to two mice in frame {int(np.argmax(twice))}; make the file again")
    numbered, places = np.unique(known, return_inverse=True)
    return places.reshape(shape), [f"animal{number}" if number > 0 else "" for number in numbered.tolist()]
