"""movement's netCDF files (`.nc`): the poses of one video, which movement read from any tool, or Marey exported.

Axes are in any order, as the dimensions of `position` say. Frames are those of a variable `frame`, which Marey writes;
or the time where that is in frames; or else the time, s, by the attribute `fps`, from 0. Pixels: movement leaves
positions as the tool had them that they came from, of which the middle of the first pixel is 0; what Marey wrote counts
from the corner. A netCDF-4 file is an HDF5 file.
"""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from marey.labels.formats._apart import call_apart
from marey.labels.formats._dense import Dense, to_predictions
from marey.labels.formats._hdf_tree import array, as_text, holds, numbers, open_tree, texts
from marey.labels.names import clean_name, name_faults
from marey.labels.reading import Contents, Description, Fault, Source, pixel_offset
from marey.labels.stored import video_of
from marey.labels.summaries import summarise

if TYPE_CHECKING:
    import h5py
    import numpy as np

EXPECTED = "a file of movement (`.nc`)"
PIXELS = "centre"
LIMITS = (
    "Holds predictions alone. Left out: variables other than `position` and `confidence`. Positions in 3D are refused."
)
SUFFIX = ".nc"
OWN, UNIQUE = "Marey", "unique"
AXES = ("time", "individuals", "keypoints", "space")


class Movement(NamedTuple):
    """A file that was read."""

    video: str  # path as stored
    software: str  # that the poses came from
    poses: Dense
    left_out: list[str]


def recognises(path: Path) -> bool:
    """Return whether `path` is a netCDF-4 file with positions of keypoints."""
    return path.suffix.lower() == SUFFIX and {"position", "keypoints"} <= set(holds(path))


def inputs(path: Path) -> list[Path]:
    """Return the file itself."""
    return [path]


def describe(source: Source) -> Description:
    """Return keypoints, individuals and the video."""
    found = summarise(source.path, _summary, always=True)
    if "fault" in found:
        return Description(fault=found["fault"])
    return Description(
        keypoints=found["keypoints"],
        individuals=found["individuals"] or None,
        unique=found["unique"],
        several=found["several"],
        predicted_videos=[video_of(found["video"], source)],
        predicted=True,
    )


def _summary(path: Path) -> dict:
    return call_apart(_describe_file, path)


def _describe_file(path: Path) -> dict:
    import numpy as np

    file = read_file(path)
    poses = file.poses
    there = np.isfinite(poses.points).all(axis=-1).any(axis=0)  # of each animal and keypoint
    own = there[~np.array(poses.unique)].any(axis=0)
    only = there[np.array(poses.unique)].any(axis=0) & ~own
    animals = [name for name, unique in zip(poses.individuals, poses.unique, strict=True) if not unique]
    return {
        "keypoints": list(poses.keypoints),
        "individuals": animals,
        "unique": [name for name, flag in zip(poses.keypoints, only.tolist(), strict=True) if flag],
        "several": len(animals) > 1,
        "video": file.video,
    }


def read(source: Source) -> Contents:
    """Read the poses as predictions."""
    from marey.labels.points import as_labels

    try:
        file = call_apart(read_file, source.path)
    except ValueError as error:
        return Contents(as_labels(), [Fault(source.name, 0, "bad_file", str(error))])
    offset = pixel_offset(source, "corner" if file.software == OWN else PIXELS)
    predictions, said = to_predictions(file.poses, video_of(file.video, source), offset)
    return Contents(as_labels(), [], predictions, [*file.left_out, *said])


def read_file(path: Path) -> Movement:
    """Read a file, in this process; ValueError says what is wrong with it."""
    import numpy as np

    with open_tree(path) as file:
        names = {name: [clean_name(text) for text in texts(file, name)] for name in ("keypoints", "individuals")}
        faults = [fault for found in names.values() for fault in name_faults(found)]
        if faults or not all(names.values()):
            raise ValueError(f"keypoints or individuals: {'; '.join(faults[:3]) or 'none'}; rename them in movement")
        space = texts(file, "space")
        if sorted(space) != ["x", "y"]:
            raise ValueError(f"space is {', '.join(space)}; expected x and y: poses in 3D are not of one video")
        points = _in_order(file, "position", AXES)[..., [space.index("x"), space.index("y")]]
        scores = np.full(points.shape[:3], np.nan)
        if "confidence" in file:
            scores = _in_order(file, "confidence", AXES[:3])
        shape = (len(points), len(names["individuals"]), len(names["keypoints"]))
        if points.shape[:3] != shape or scores.shape != shape:
            raise ValueError(f"position and confidence have the shapes {points.shape} and {scores.shape}; expected "
                             f"{shape} by time, individuals and keypoints")  # fmt: skip
        frames = _frames(file, len(points))
        software, stored = (as_text(file.attrs.get(name, "")) for name in ("source_software", "video"))
        known = {*AXES, "position", "confidence", "frame"}
        left_out = [f"`{name}`" for name in file if name not in known]
    unique = [name == UNIQUE and software == OWN for name in names["individuals"]]
    poses = Dense(frames, names["individuals"], names["keypoints"], points, scores, None, unique)
    return Movement(stored or path.name.partition(".")[0], software, poses, left_out)


def _in_order(file: "h5py.File", name: str, axes: tuple[str, ...]) -> "np.ndarray":
    """Read a variable with its axes as `axes` has them."""
    values = numbers(file, name, ndim=len(axes))
    order = [dimension[0].name.lstrip("/") if len(dimension) else "" for dimension in file[name].dims]
    if sorted(order) != sorted(axes):
        raise ValueError(f"{name} has the dimensions {', '.join(order)}; expected {', '.join(axes)} in any order")
    return values.transpose([order.index(axis) for axis in axes])


def _frames(file: "h5py.File", count: int) -> "np.ndarray":
    """Return the numbers of the frames, i64[frame]."""
    import numpy as np

    if "frame" in file:
        frames = array(file, "frame", ndim=1)
    else:
        frames, rate = numbers(file, "time", ndim=1), file.attrs.get("fps")
        if as_text(file.attrs.get("time_unit", "frames")) == "seconds":
            if rate is None or not float(rate) > 0:
                raise ValueError("time is in s and there is no attribute fps; set it in movement and save again")
            frames = frames * float(rate)
            if frames.size and not (abs(frames - frames.round()) < 0.25).all():
                raise ValueError(f"time is not that of frames at {float(rate):g} per s; set fps in movement")
    whole = np.round(frames)
    if len(whole) != count or not (whole >= 0).all() or (np.diff(whole) <= 0).any():
        raise ValueError("time does not grow from frame to frame, or begins before 0; write the file again")
    return whole.astype(np.int64)
