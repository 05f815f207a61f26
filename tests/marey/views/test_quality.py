"""Counting the positions of a video that can be relied on."""

import pandas as pd

from marey.tables import files
from marey.tables.quality import QUALITY
from marey.tables.smoothed import SMOOTHED
from marey.views.quality import count_positions


def test_positions_are_counted_by_keypoint_over_all_individuals():
    names = ["snout", "tail"] * 4
    tracks = pd.DataFrame({"keypoint": names, "fault": [True, True, False, False] * 2})
    states = ["measured", "gap", "interpolated", "measured", "gap", "measured", "measured", "measured"]
    confidence = [0.9, 0.1, 0.05, 0.5, 0.2, 0.7, 0.6, 0.8]
    rows = pd.DataFrame({"video": "a", "keypoint": names, "state": states, "confidence": confidence})
    rows = rows.astype({"confidence": "float32"})
    found = count_positions(tracks, rows, cut=0.2).set_index("keypoint")
    assert found.loc["snout", ["positions", "low", "bridged", "lost", "damaged"]].tolist() == [4, 1, 1, 1, 2]
    assert found.loc["tail", ["positions", "low", "bridged", "lost", "damaged"]].tolist() == [4, 1, 0, 1, 2]
    assert found["confidence"].round(6).tolist() == [0.4375, 0.525]


def test_a_video_without_frames_has_no_rows(tmp_path):
    empty = files.empty(SMOOTHED)
    files.write(tmp_path / "q.parquet", count_positions(empty.assign(fault=[]), empty, cut=0.2), QUALITY)
    assert files.read(tmp_path / "q.parquet", QUALITY).empty
