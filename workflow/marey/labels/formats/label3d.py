"""DANNCE's Label3D (`*_dannce.mat`, of every version of MATLAB): points of one animal in several views at a time.

Pixels: MATLAB counts them from 1, so that the middle of the first one is (1, 1). Frames count from 0. Each camera is a
video of its name, or of the id that `videos` of the source has for that name. Points have the names of the skeleton, or
where the file has none are keypoint1, keypoint2, ...: `keypoints` of the source names them. A point without a position
is unlabelled. `row` is the number of a time point, from 1.
"""

from pathlib import Path
from typing import Any, NamedTuple

from marey.labels.formats._deeplabcut_grid import SINGLE_ANIMAL
from marey.labels.formats._matlab import read_variables, variables
from marey.labels.names import clean_name, name_faults
from marey.labels.reading import Contents, Description, Fault, Source, pixel_offset
from marey.labels.stored import video_of
from marey.labels.summaries import summarise

EXPECTED = "labels of DANNCE's Label3D (`*_dannce.mat`)"
PIXELS = "matlab"
LIMITS = (
    "A point of a view is where the point in 3D is seen, so that it cannot be said in which views a person set it. "
    "Left out: points in 3D, calibration, synchronisation, centres of mass."
)
NAMES = ("labelData", "camnames", "skeleton")
OTHERS = {"params": "calibration", "sync": "synchronisation", "com": "centres of mass"}


class View(NamedTuple):
    """What was labelled in the images of a camera."""

    camera: str
    frames: list[int]
    points: Any  # f[time, keypoint, 2], (x, y) px as stored


def recognises(path: Path) -> bool:
    """Return whether `path` is a MATLAB file with the labels of Label3D."""
    return "labelData" in variables(path)


def inputs(path: Path) -> list[Path]:
    """Return the file itself."""
    return [path]


def describe(source: Source) -> Description:
    """Return the keypoints, and a video for each camera."""
    found = summarise(source.path, _summary, always=True)
    if "fault" in found:
        return Description(fault=found["fault"])
    return Description(found["keypoints"], videos=[video_of(camera, source) for camera in found["cameras"]])


def _summary(path: Path) -> dict:
    views, keypoints = _open(path)
    return {"keypoints": keypoints, "cameras": [view.camera for view in views]}


def _open(path: Path) -> tuple[list[View], list[str]]:
    """Read the views of a file and the names of the keypoints."""
    data = read_variables(path, NAMES)
    labels = data.get("labelData")
    labels = [labels] if isinstance(labels, dict) else labels
    if not isinstance(labels, list) or not labels:
        raise ValueError("labelData is empty; expected labels of each camera: export them from Label3D again")
    names = data.get("camnames")
    names = [names] if isinstance(names, str) else names
    cameras = [clean_name(str(name)) for name in names or [f"Camera{number + 1}" for number in range(len(labels))]]
    if len(cameras) != len(labels):
        raise ValueError(f"camnames names {len(cameras)} cameras, but labelData is of {len(labels)}")
    if name_faults(cameras):
        raise ValueError(f"camnames: {name_faults(cameras)[0]}")
    views = [_view(camera, label, at) for at, (camera, label) in enumerate(zip(cameras, labels, strict=True), start=1)]
    counts = {view.points.shape[1] for view in views}
    if len(counts) > 1:
        raise ValueError(f"the cameras have {', '.join(map(str, sorted(counts)))} keypoints; expected as many in each")
    return views, _keypoints(data.get("skeleton"), counts.pop())


def _view(camera: str, label: object, at: int) -> View:
    place = f"labelData{{{at}}}"
    points = label.get("data_2d") if isinstance(label, dict) else None
    frames = label.get("data_frame") if isinstance(label, dict) else None
    if getattr(points, "ndim", 0) != 2 or points.shape[1] % 2 or not points.size:
        found = getattr(points, "shape", None)
        raise ValueError(f"{place}.data_2d has the shape {found}; expected times x (2 for each keypoint)")
    if frames is None or getattr(frames, "size", 0) != len(points):
        raise ValueError(f"{place}.data_frame has {getattr(frames, 'size', 0)} frames, but data_2d {len(points)} times")
    frames = frames.ravel().astype(float)
    if (frames < 0).any() or (frames % 1 != 0).any():
        raise ValueError(f"{place}.data_frame has a frame that is no whole number from 0")
    return View(camera, frames.astype(int).tolist(), points.astype(float).reshape(len(points), -1, 2))


def _keypoints(skeleton: object, count: int) -> list[str]:
    names = skeleton.get("joint_names") if isinstance(skeleton, dict) else None
    if not isinstance(names, list) or len(names) != count:
        return [f"keypoint{number}" for number in range(1, count + 1)]
    names = [clean_name(str(name)) for name in names]
    if name_faults(names):
        raise ValueError(f"skeleton.joint_names: {name_faults(names)[0]}")
    return names


def read(source: Source) -> Contents:
    """Read the points of all views."""
    from marey.labels.points import as_labels

    try:
        views, keypoints = _open(source.path)
    except ValueError as error:
        return Contents(as_labels(), [Fault(source.name, 0, "bad_file", str(error))])
    offset = pixel_offset(source, PIXELS)
    cameras: dict[str, list[str]] = {}
    for view in views:
        cameras.setdefault(video_of(view.camera, source), []).append(view.camera)
    twice = {video for video, of in cameras.items() if len(of) > 1}
    fix = "give each an id of its own by `videos` of the source"
    faults = [
        Fault(source.name, 0, "conflict", f"{' and '.join(cameras[video])} would be one video, '{video}'; {fix}")
        for video in sorted(twice)
    ]
    rows = []
    for view in views:
        video = video_of(view.camera, source)
        if video in twice:
            continue
        for row, (frame, points) in enumerate(zip(view.frames, (view.points + offset).tolist(), strict=True), start=1):
            known = [x == x and y == y for x, y in points]
            for keypoint, (x, y), there in zip(keypoints, points, known if any(known) else [], strict=False):
                where = (x, y, "visible") if there else (float("nan"), float("nan"), "unlabelled")
                rows.append((video, frame, SINGLE_ANIMAL, keypoint, *where, "", "", source.name, row))
    held = variables(source.path)
    left_out = ["points in 3D", *(what for name, what in OTHERS.items() if name in held)]
    return Contents(as_labels(rows), faults, left_out=left_out)
