"""Reading SLEAP's label files (.slp, HDF5) for benchmarks: poses, tracks and keypoints."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import tables


def poses(path: Path, *, video: str) -> pd.DataFrame:
    """Columns of a Marey label table, and `user` (placed by a person, not predicted) and `score` of each animal.

    SLEAP's pixel centres lie at integers + 0.5 in files whose origin is the corner, as Marey's. Points without a place
    are absent. Individuals are named as the tracks; those without one are `untracked`.
    """
    with tables.open_file(path) as file:
        metadata = json.loads(file.root.metadata._v_attrs["json"])
        frames, instances = file.root.frames[:], file.root.instances[:]
        points = {"user": file.root.points[:], "predicted": file.root.pred_points[:]}
        tracks = [json.loads(line)[1] for line in file.root.tracks_json[:]]
    nodes = [node["name"] for node in metadata["nodes"]]
    names = [nodes[node["id"]] for node in metadata["skeletons"][0]["nodes"]]  # the order of the points
    rows = []
    for frame in frames:
        for instance in instances[int(frame["instance_id_start"]) : int(frame["instance_id_end"])]:
            user = instance["instance_type"] == 0
            part = points["user" if user else "predicted"]
            part = part[int(instance["point_id_start"]) : int(instance["point_id_end"])]
            name = tracks[instance["track"]] if instance["track"] >= 0 else "untracked"
            for keypoint, point in zip(names, part, strict=True):
                place = float(point["x"]), float(point["y"])
                seen = np.isfinite(place).all()
                place = place if seen else (np.nan, np.nan)
                state = "visible" if seen else "absent"
                rows.append((video, int(frame["frame_idx"]), name, keypoint, *place, state, user, instance["score"]))
    columns = ["video", "frame", "individual", "keypoint", "x", "y", "visibility", "user", "score"]
    return pd.DataFrame(rows, columns=columns)
