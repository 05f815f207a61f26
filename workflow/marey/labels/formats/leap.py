"""LEAP label files (`.mat`, of every version of MATLAB): the points of one animal in the frames of one box of images.

Pixels: MATLAB counts them from 1, so that the middle of the first one is (1, 1). The video is known by the name of the
file that `boxPath` names, or as `videos` of the source says; its frames are in the order of that box, from 0. A joint
without a position is unlabelled. `row` is the number of a frame in the file, from 1.
"""

from pathlib import Path
from typing import Any

from marey.labels.formats._deeplabcut_grid import SINGLE_ANIMAL
from marey.labels.formats._matlab import read_variables, variables
from marey.labels.names import clean_name, name_faults
from marey.labels.reading import Contents, Description, Fault, Source, pixel_offset
from marey.labels.stored import stored_parts, video_of
from marey.labels.summaries import summarise

EXPECTED = "a LEAP label file (`.mat`)"
PIXELS = "matlab"
LIMITS = (
    "Cannot say that a point is occluded or absent, nor who set it. Left out: positions that a network proposed "
    "(`initialization`), the pose of the skeleton."
)
NAMES = ("positions", "skeleton", "boxPath", "initialization")


def recognises(path: Path) -> bool:
    """Return whether `path` is a MATLAB file with positions and the box of images that they are of."""
    return {"positions", "boxPath"} <= set(variables(path))


def inputs(path: Path) -> list[Path]:
    """Return the file itself."""
    return [path]


def describe(source: Source) -> Description:
    """Return joints, the lines between them, and the video."""
    found = summarise(source.path, _summary, always=True)
    if "fault" in found:
        return Description(fault=found["fault"])
    return Description(found["keypoints"], found["skeleton"] or None, videos=[video_of(found["box"], source)])


def _summary(path: Path) -> dict:
    data = _open(path)
    return {name: data[name] for name in ("keypoints", "skeleton", "box")}


def _open(path: Path) -> dict[str, Any]:
    """Read a file and check it; `positions` f[joint, (x, y), frame]."""
    data = read_variables(path, NAMES)
    positions, box = data.get("positions"), data.get("boxPath")
    box = box[0] if isinstance(box, list) and box else box
    if not isinstance(box, str) or not stored_parts(box):
        raise ValueError("boxPath is no path of the box of images; save the labels in LEAP again")
    if getattr(positions, "ndim", 0) == 2:  # of a single frame
        positions = positions[..., None]
    if getattr(positions, "ndim", 0) != 3 or positions.shape[1] != 2 or not positions.size:
        raise ValueError(f"positions has the shape {getattr(positions, 'shape', None)}; expected joints x 2 x frames")
    skeleton = data.get("skeleton")
    skeleton = skeleton if isinstance(skeleton, dict) else {}
    names = _names(skeleton.get("nodes"), len(positions))
    return {
        "positions": positions.astype(float),
        "box": box,
        "keypoints": names,
        "skeleton": _edges(skeleton.get("edges"), names),
        "proposed": data.get("initialization") is not None,
    }


def _names(nodes: object, count: int) -> list[str]:
    """Return the names of the joints; keypoint1, keypoint2, ... where a file keeps none that can be read."""
    names = [clean_name(name) for name in nodes if isinstance(name, str)] if isinstance(nodes, list) else []
    if not names:
        return [f"keypoint{number}" for number in range(1, count + 1)]
    if len(names) != count:
        raise ValueError(f"the skeleton has {len(names)} nodes, but positions has {count} joints")
    if name_faults(names):
        raise ValueError(f"nodes of the skeleton: {name_faults(names)[0]}")
    return names


def _edges(edges: Any, names: list[str]) -> list[list[str]]:
    if getattr(edges, "ndim", 0) != 2 or edges.shape[1] != 2:
        return []
    pairs = edges.astype(int).tolist()
    return [[names[end - 1] for end in pair] for pair in pairs if all(0 < end <= len(names) for end in pair)]


def read(source: Source) -> Contents:
    """Read the points of all frames in which there is one."""
    from marey.labels.points import as_labels

    try:
        data = _open(source.path)
    except ValueError as error:
        return Contents(as_labels(), [Fault(source.name, 0, "bad_file", str(error))])
    video, offset = video_of(data["box"], source), pixel_offset(source, PIXELS)
    positions = data["positions"] + offset
    there = ~(positions != positions).any(axis=1)  # NaN: not labelled
    rows = []
    for frame in there.any(axis=0).nonzero()[0].tolist():
        for joint, keypoint in enumerate(data["keypoints"]):
            seen = bool(there[joint, frame])
            x, y = positions[joint, :, frame].tolist() if seen else (float("nan"), float("nan"))
            told = ("visible" if seen else "unlabelled", "", "", source.name, frame + 1)
            rows.append((video, frame, SINGLE_ANIMAL, keypoint, x, y, *told))
    left_out = ["positions that a network proposed"] if data["proposed"] else []
    return Contents(as_labels(rows), [], left_out=left_out)
