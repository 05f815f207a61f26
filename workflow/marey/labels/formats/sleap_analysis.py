"""SLEAP analysis files (`.analysis.h5`): the poses of one video, of which the file does not say who set them.

So all are predictions; points that a person corrected have no score and get the confidence 1. The axes of the arrays
are in any order: as `dims` says, or else track, xy, node, frame as SLEAP writes them, or frame, node, xy, track where
that alone fits the names of nodes and tracks. Frames count from 0.
"""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from marey.labels.formats._apart import call_apart
from marey.labels.formats._dense import Dense, to_predictions
from marey.labels.formats._hdf_tree import SUFFIXES, array, as_json, as_text, holds, numbers, open_tree, texts
from marey.labels.names import clean_name, name_faults
from marey.labels.reading import Contents, Description, Fault, Source, pixel_offset
from marey.labels.stored import video_of
from marey.labels.summaries import summarise

if TYPE_CHECKING:
    import h5py

EXPECTED = "a SLEAP analysis file (`.h5`)"
PIXELS = "centre"
LIMITS = "Does not tell labels from predictions, so all are predictions. Left out: scores of animals and of tracking."
AXES = ("frame", "track", "node", "xy")
USUAL_ORDERS = (("track", "xy", "node", "frame"), ("frame", "node", "xy", "track"), AXES)


class Analysis(NamedTuple):
    """A file that was read."""

    video: str  # path as stored
    edges: list[list[str]]
    poses: Dense
    left_out: list[str]


def recognises(path: Path) -> bool:
    """Return whether `path` is an HDF5 file with tracks and names of nodes."""
    return path.suffix.lower() in SUFFIXES and {"tracks", "node_names"} <= set(holds(path))


def inputs(path: Path) -> list[Path]:
    """Return the file itself."""
    return [path]


def describe(source: Source) -> Description:
    """Return nodes, edges, tracks and the video."""
    found = summarise(source.path, _summary, always=True)
    if "fault" in found:
        return Description(fault=found["fault"])
    return Description(
        keypoints=found["keypoints"],
        skeleton=found["edges"] or None,
        individuals=found["tracks"] or None,
        several=found["several"],
        predicted_videos=[video_of(found["video"], source)],
        predicted=True,
    )


def _summary(path: Path) -> dict:
    return call_apart(_describe_file, path)


def _describe_file(path: Path) -> dict:
    file = read_file(path)
    tracks = [name for name in file.poses.individuals if name]
    several = len(file.poses.individuals) > 1
    nodes = list(file.poses.keypoints)
    return {"keypoints": nodes, "edges": file.edges, "tracks": tracks, "several": several, "video": file.video}


def read(source: Source) -> Contents:
    """Read the poses as predictions."""
    from marey.labels.points import as_labels

    try:
        file = call_apart(read_file, source.path)
    except ValueError as error:
        return Contents(as_labels(), [Fault(source.name, 0, "bad_file", str(error))])
    offset = pixel_offset(source, PIXELS)
    predictions, said = to_predictions(file.poses, video_of(file.video, source), offset)
    return Contents(as_labels(), [], predictions, [*file.left_out, *said])


def read_file(path: Path) -> Analysis:
    """Read a file, in this process; ValueError says what is wrong with it."""
    import numpy as np

    with open_tree(path) as file:
        nodes = [clean_name(name) for name in texts(file, "node_names")]
        tracks = [clean_name(name) for name in texts(file, "track_names")] if "track_names" in file else []
        faults = name_faults(nodes) + name_faults(tracks)
        if faults or not nodes:
            raise ValueError(f"node_names or track_names: {'; '.join(faults[:3]) or 'no node'}; rename them in SLEAP")
        order = _order(file, len(nodes), len(tracks))
        points = numbers(file, "tracks", ndim=4).transpose([order.index(axis) for axis in AXES])
        scores = np.full(points.shape[:3], np.nan, np.float32)
        if "point_scores" in file:
            three = [axis for axis in order if axis != "xy"]
            scores = numbers(file, "point_scores", ndim=3).transpose([three.index(axis) for axis in AXES[:3]])
            if scores.shape != points.shape[:3]:
                raise ValueError(f"tracks and point_scores differ: {points.shape[:3]} and {scores.shape} {AXES[:3]}")
        ends = array(file, "edge_inds").reshape(-1, 2).tolist() if "edge_inds" in file else []
        video = as_text(file["video_path"][()]) if "video_path" in file else ""
        held = [name for name in ("instance_scores", "tracking_scores") if name in file]
    edges = [[nodes[int(start)], nodes[int(end)]] for start, end in ends if max(start, end) < len(nodes)]
    individuals = tracks or [""] * points.shape[1]
    poses = Dense(np.arange(len(points)), individuals, nodes, points, scores)
    return Analysis(video or path.name.partition(".")[0], edges, poses, [name.replace("_", " ") for name in held])


def _order(file: "h5py.File", nodes: int, tracks: int) -> tuple[str, ...]:
    """Find out which axis of `tracks` is which: as it says itself, or by the lengths that are known."""
    stored = file["tracks"]
    shape = stored.shape
    if "dims" in stored.attrs:
        order = tuple(as_json(stored.attrs["dims"], "dims of tracks"))
        if sorted(order) != sorted(AXES):
            raise ValueError(
                f"dims of tracks are {', '.join(map(str, order))}; expected {', '.join(AXES)} in any order"
            )
        orders = (order,)
    else:
        usual = USUAL_ORDERS if file.attrs.get("transpose", True) else USUAL_ORDERS[1:]
        orders = usual
    known = {"node": nodes, "xy": 2, **({"track": tracks} if tracks else {})}
    for order in orders:
        if len(shape) == 4 and all(shape[order.index(axis)] == length for axis, length in known.items()):
            return order
    expected = ", ".join(f"{length} for {axis}" for axis, length in known.items())
    raise ValueError(f"tracks has the shape {shape}, {' or '.join(map(str, orders))}; expected {expected}")
