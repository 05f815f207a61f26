"""Files of SLEAP: a project (`.slp`) of format 1.2, which every SLEAP and sleap-io reads, for poses and for labels."""

import json
from collections.abc import Sequence

import h5py
import numpy as np

FORMAT_ID = 1.2  # since SLEAP 1.2; what later ones add is not needed here
TO_PIXEL_CENTRES = -0.5  # px: from format 1.1 on, SLEAP counts pixel centres as integers
USER, PREDICTED = 0, 1  # types of instances
CHUNK = 4096  # rows

FRAME = np.dtype(
    [("frame_id", "u8"), ("video", "u4"), ("frame_idx", "u8"), ("instance_id_start", "u8"), ("instance_id_end", "u8")]
)
INSTANCE = np.dtype(
    [
        ("instance_id", "i8"),
        ("instance_type", "u1"),
        ("frame_id", "u8"),
        ("skeleton", "u4"),
        ("track", "i4"),
        ("from_predicted", "i8"),
        ("score", "f4"),
        ("point_id_start", "u8"),
        ("point_id_end", "u8"),
        ("tracking_score", "f4"),
    ]
)
POINT = np.dtype([("x", "f8"), ("y", "f8"), ("visible", "?"), ("complete", "?")])
PREDICTED_POINT = np.dtype([*POINT.descr, ("score", "f8")])


def skeleton_json(keypoints: Sequence[str], edges: Sequence[tuple], pairs: Sequence[tuple]) -> dict:
    """Return the metadata of a project: its nodes, and the skeleton as networkx and jsonpickle write it."""
    kinds: dict[int, int] = {}

    def kind(value: int) -> dict:
        if value in kinds:
            return {"py/id": kinds[value]}
        kinds[value] = len(kinds) + 1
        return {"py/reduce": [{"py/type": "sleap.skeleton.EdgeType"}, {"py/tuple": [value]}]}

    links = [
        {"edge_insert_idx": index, "key": 0, "source": source, "target": target, "type": kind(1)}
        for index, (source, target) in enumerate(edges)
    ]
    both = [pair for left, right in pairs for pair in ((left, right), (right, left))]
    links += [{"key": 0, "source": source, "target": target, "type": kind(2)} for source, target in both]
    skeleton = {
        "directed": True,
        "graph": {"name": "Skeleton-0", "num_edges_inserted": len(edges)},
        "links": links,
        "multigraph": True,
        "nodes": [{"id": index} for index in range(len(keypoints))],
    }
    return {
        "version": "2.0.0",
        "skeletons": [skeleton],
        "nodes": [{"name": name, "weight": 1.0} for name in keypoints],
        "videos": [],
        "tracks": [],
        "suggestions": [],
        "negative_anchors": {},
        "provenance": {},
    }


class Project:
    """A project that is written: frames, instances and points are appended."""

    def __init__(
        self, file: h5py.File, metadata: dict, tracks: Sequence[str], videos: Sequence[dict], provenance: dict
    ):
        """Write all but the frames; `videos` are the backends of the videos, in their order."""
        group = file.create_group("metadata")
        group.attrs["format_id"] = FORMAT_ID
        group.attrs["json"] = np.bytes_(_json(metadata))
        file.create_dataset("provenance_json", data=np.bytes_(_json(provenance)))
        for name, rows in (
            ("videos_json", [_json({"filename": video["filename"], "backend": video}) for video in videos]),
            ("tracks_json", [_json([0, name]) for name in tracks]),
            ("suggestions_json", []),
        ):
            file.create_dataset(name, data=np.array(rows, dtype="S") if rows else np.zeros(0), maxshape=(None,))
        self._tables = {
            name: file.create_dataset(
                name, (0,), kind, maxshape=(None,), chunks=(CHUNK,), compression="gzip", shuffle=True
            )
            for name, kind in (
                ("frames", FRAME),
                ("instances", INSTANCE),
                ("points", POINT),
                ("pred_points", PREDICTED_POINT),
            )
        }

    def count(self, name: str) -> int:
        """Return how many rows a table has."""
        return len(self._tables[name])

    def append(self, name: str, **columns) -> None:
        """Append rows to a table; a column may be one value for all rows."""
        table = self._tables[name]
        size = max(map(np.size, columns.values()))
        rows = np.zeros(size, table.dtype)
        for column, values in columns.items():
            rows[column] = values
        table.resize(len(table) + size, axis=0)
        table[len(table) - size :] = rows


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
