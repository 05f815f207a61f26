"""SLEAP label files as SLEAP writes them, made with h5py for tests."""

import json
from pathlib import Path

import h5py
import numpy as np

POINT = [("x", "f8"), ("y", "f8"), ("visible", "?"), ("complete", "?")]
PREDICTED_POINT = [*POINT, ("score", "f8")]
INSTANCE = [
    ("instance_id", "i8"),
    ("instance_type", "u1"),
    ("frame_id", "u8"),
    ("skeleton", "u4"),
    ("track", "i4"),
    ("from_predicted", "i8"),
    ("score", "f4"),
    ("point_id_start", "u8"),
    ("point_id_end", "u8"),
    ("tracking_score", "f4"),  # from format 1.2 on
]
FRAME = [
    ("frame_id", "u8"),
    ("video", "u4"),
    ("frame_idx", "u8"),
    ("instance_id_start", "u8"),
    ("instance_id_end", "u8"),
]
EDGE = {"py/reduce": [{"py/type": "sleap.skeleton.EdgeType"}, {"py/tuple": [1]}]}


def skeleton(nodes: list[int], edges=(), name="Skeleton-0") -> dict:
    """Make a skeleton of numbers in the list of all nodes."""
    links = [
        {"edge_insert_idx": at, "key": 0, "source": start, "target": end, "type": {"py/id": 1} if at else EDGE}
        for at, (start, end) in enumerate(edges)
    ]
    graph = {"name": name, "num_edges_inserted": len(links)}
    return {"directed": True, "graph": graph, "links": links, "multigraph": True, "nodes": [{"id": at} for at in nodes]}


def movie(filename: str, **more) -> dict:
    """Make an entry of `videos_json`."""
    backend = {"filename": filename, "grayscale": True, "bgr": True, "dataset": "", "input_format": "", **more}
    return {"backend": backend}


def write(
    path: Path,
    frames,
    *,
    format_id=1.2,
    nodes=("nose", "tail"),
    skeletons=None,
    videos=None,
    tracks=(),
) -> Path:
    """Write a file.

    `frames`: (video, frame, instances); an instance is (points (x, y[, visible[, score]]), and of `predicted`, `track`,
    `skeleton` what is not usual).
    """
    skeletons = skeletons or [skeleton([0, 1], [(0, 1)])]
    points, predicted, instances, rows = [], [], [], []
    for video, frame, held in frames:
        start = len(instances)
        for placed, more in held:
            store = predicted if more.get("predicted") else points
            begin = len(store)
            for x, y, *said in placed:
                visible, score = [*said, *(True, 0.5)[len(said) :]]
                store.append((x, y, visible, True, score)[: 5 if more.get("predicted") else 4])
            kind, track = int(bool(more.get("predicted"))), more.get("track", -1)
            ends = (begin, len(store))
            instances.append((len(instances), kind, len(rows), more.get("skeleton", 0), track, -1, 0.9, *ends, 0.0))
        rows.append((len(rows), video, frame, start, len(instances)))
    known = INSTANCE if format_id >= 1.2 else INSTANCE[:-1]
    instances = [instance[: len(known)] for instance in instances]
    metadata = {"version": "2.0.0", "skeletons": skeletons, "nodes": [{"name": name, "weight": 1.0} for name in nodes]}
    metadata |= {"videos": [], "tracks": [], "suggestions": [], "negative_anchors": {}, "provenance": {}}
    lines = {
        "videos_json": [json.dumps(video) for video in videos or [movie("C:\\lab/mouse 1.mp4")]],
        "tracks_json": [json.dumps([0, name]) for name in tracks],
        "suggestions_json": [],
    }
    with h5py.File(path, "w") as file:
        group = file.create_group("metadata")
        group.attrs["format_id"] = format_id
        group.attrs["json"] = np.bytes_(json.dumps(metadata))
        for name, held, kind in (
            ("points", points, POINT),
            ("pred_points", predicted, PREDICTED_POINT),
            ("instances", instances, known),
            ("frames", rows, FRAME),
        ):
            file.create_dataset(name, data=np.array(held, dtype=kind))
        for name, held in lines.items():
            file.create_dataset(name, data=np.array([line.encode() for line in held]) if held else np.zeros(0))
    return path
