"""What an NWB file holds of poses (extension ndx-pose, of every version), read without pynwb. Runs apart (`_apart`)."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from marey.labels.formats._apart import call_apart
from marey.labels.formats._dense import Dense
from marey.labels.formats._hdf_tree import array, as_text, numbers, open_tree, texts
from marey.labels.formats._nwb_series import join_series, member_of_type, of_type, read_series, video_path
from marey.labels.names import clean_name, name_faults

if TYPE_CHECKING:
    import h5py
    import numpy as np


class Instance(NamedTuple):
    """A labelled animal in a frame."""

    row: int  # its number in the file, from 1
    video: str  # path as stored
    frame: int
    annotator: str
    nodes: list[str]
    points: "np.ndarray"  # f64[node, 2], px as stored
    visible: "np.ndarray"  # bool[node]


class NwbFile(NamedTuple):
    """A file that was read."""

    keypoints: list[str]
    edges: list[list[str]]
    predictions: list[tuple[str, str, Dense]]  # path of the video as stored, what is said of the origin, poses
    labels: list[Instance]
    wrong: list[tuple[int, str]]  # instances from 1 that cannot be used (0: of no instance), and why
    left_out: list[str]


def read_apart(path: Path) -> NwbFile:
    """Read a file in a process of its own; ValueError says what is wrong with it as a whole."""
    return call_apart(read_file, path)


def summarise_file(path: Path) -> dict:
    """Say what a file holds without its points; builtins only. ValueError: what is wrong with it."""
    return call_apart(_summary, path)


def _summary(path: Path) -> dict:
    file = read_file(path)
    shown = [(instance.video, instance.frame) for instance in file.labels]
    return {
        "keypoints": file.keypoints,
        "edges": file.edges,
        "several": len(set(shown)) < len(shown) or any(dense.points.shape[1] > 1 for *_, dense in file.predictions),
        "labelled": sorted({video for video, _ in shown}),
        "predicted": sorted({video for video, *_ in file.predictions}),
    }


def read_file(path: Path) -> NwbFile:
    """Read a file, in this process; see `read_apart`."""
    with open_tree(path) as file:
        found = {kind: list(of_type(file, kind)) for kind in ("PoseEstimation", "PoseTraining")}
        if not any(found.values()):
            raise ValueError("holds no poses of ndx-pose (PoseEstimation, PoseTraining); export poses to it")
        skeletons = [*of_type(file, "Skeleton"), *(group for group in found["PoseEstimation"] if "nodes" in group)]
        edges = [edge for skeleton in skeletons for edge in _edges(skeleton)]
        left_out: list[str] = []
        series = read_series(found["PoseEstimation"], path.stem, left_out)
        predictions = [(video, said, join_series(parts)) for (video, said), parts in series.items()]
        labels, wrong = _labels(found["PoseTraining"], path.stem)
        used = [group.name for groups in found.values() for group in groups]
        left_out += _others(file, used)
        named = [name for skeleton in skeletons for name in _nodes(skeleton)]
    named += [name for *_, dense in predictions for name in dense.keypoints]
    named = [name for name in dict.fromkeys(named) if not _is_prefixed(name, predictions)]
    faults = name_faults(named)
    if faults:
        raise ValueError(f"names of nodes: {'; '.join(faults[:3])}; export the file again")
    return NwbFile(named, [edge for edge in edges if set(edge) <= set(named)], predictions, labels, wrong, left_out)


def _is_prefixed(name: str, predictions: list) -> bool:
    """Return whether a node is one of an individual's, as DLC2NWB lists them beside the keypoints: ind1_nose."""
    owned = {
        f"{one}_{point}" for *_, dense in predictions for one in dense.individuals for point in dense.keypoints if one
    }
    return name in owned


def _nodes(skeleton: "h5py.Group") -> list[str]:
    return [clean_name(name) for name in texts(skeleton, "nodes")]


def _edges(skeleton: "h5py.Group") -> list[list[str]]:
    nodes = _nodes(skeleton)
    ends = array(skeleton, "edges").reshape(-1, 2).tolist() if "edges" in skeleton else []
    return [[nodes[start], nodes[end]] for start, end in ends if max(start, end) < len(nodes)]


def _labels(groups: "list[h5py.Group]", stem: str) -> tuple[list[Instance], list[tuple[int, str]]]:
    """Read the labelled animals of all training frames."""
    import numpy as np

    found: list[Instance] = []
    wrong: list[tuple[int, str]] = []
    number = 0
    for frame in (frame for group in groups for frame in of_type(group, "TrainingFrame")):
        index = frame.attrs.get("source_video_frame_index")
        if index is None:
            wrong.append((0, f"{frame.name} does not say which frame of a video it is; export the file again"))
            continue
        annotator = clean_name(as_text(frame.attrs.get("annotator", "")))
        for instance in of_type(frame, "SkeletonInstance"):
            number += 1
            skeleton = member_of_type(instance, "Skeleton")
            nodes = _nodes(skeleton) if skeleton is not None else []
            points = numbers(instance, "node_locations", ndim=2)
            visible = np.ones(len(points), bool)
            if "node_visibility" in instance:
                visible = np.asarray(array(instance, "node_visibility", ndim=1), bool)
            if points.shape != (len(nodes), 2) or len(visible) != len(nodes):
                shape = f"{len(nodes)} nodes, {points.shape} locations and {len(visible)} visibilities"
                wrong.append((number, f"{instance.name} has {shape}; export the file again"))
                continue
            found.append(Instance(number, video_path(frame, stem), int(index), annotator, nodes, points, visible))
    return found, wrong


def _others(file: "h5py.File", used: list[str]) -> list[str]:
    """Name what else of data the file holds."""
    places = [f"acquisition/{name}" for name in file.get("acquisition", [])]
    places += [
        f"processing/{module}/{name}" for module in file.get("processing", []) for name in file["processing"][module]
    ]
    kinds = {
        place: as_text(file[place].attrs.get("neurodata_type", "")) for place in places if file.get(place) is not None
    }
    known = {name.lstrip("/") for name in used}
    return [place for place, kind in kinds.items() if place not in known and kind not in ("Skeletons", "PoseTraining")]
