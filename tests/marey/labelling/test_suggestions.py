"""Suggestions of other cameras: where a video says nothing, or something that they contradict, and nowhere else."""

import numpy as np
import pandas as pd

from marey.labelling.suggestions import suggest
from marey.tables import files
from marey.tables.reprojected import REPROJECTED

COLUMNS = ["video", "frame", "individual", "keypoint", "x", "y", "confidence", "sigma_px", "views"]


def rows(*given: tuple) -> pd.DataFrame:
    """(frame, keypoint, x, sigma)"""
    table = pd.DataFrame(given, columns=["frame", "keypoint", "x", "sigma_px"])
    return table.assign(video="v", individual="m", y=10.0, confidence=0.9, views=0)[COLUMNS]


def suggested(tmp_path, predicted, seen, frames=(1, 2)):
    path = tmp_path / "r.parquet"
    files.write(path, seen.assign(views=2, source="reprojected", confidence=0.5)[REPROJECTED.names], REPROJECTED)
    kit = pd.DataFrame({"video": "v", "frame": list(frames), "width": 9})
    found = suggest(predicted, kit, [path])
    assert found.columns.tolist() == COLUMNS
    assert (found["views"] == np.where(found["confidence"] < 0.6, 2, 0)).all()
    return found.set_index(["frame", "keypoint"])[["x", "confidence"]].round(3).T.to_dict("list")


def test_own_positions_stay_where_the_others_agree(tmp_path):
    own = rows((1, "nose", 100, 1.0), (1, "ear", 100, 4.0), (1, "tail", 100, None))
    seen = rows((1, "nose", 105, 1.0), (1, "ear", 112, 3.0), (1, "tail", 104, 0.5), (1, "paw", 50, 1.0))
    assert suggested(tmp_path, own, seen) == {
        (1, "nose"): [105, 0.5],  # 5 px of 1.4
        (1, "ear"): [100, 0.9],  # 12 px of 5
        (1, "tail"): [104, 0.5],  # 4 px of 1 at least
        (1, "paw"): [50, 0.5],
    }


def test_what_the_others_do_not_see_stays_and_other_frames_stay_out(tmp_path):
    own = rows((1, "nose", 100, 1.0), (2, "nose", 90, 1.0))
    seen = rows((2, "ear", 20, 1.0), (3, "nose", 5, 1.0))
    expected = {(1, "nose"): [100, 0.9], (2, "nose"): [90, 0.9], (2, "ear"): [20, 0.5]}
    assert suggested(tmp_path, own, seen) == expected


def test_without_predictions_there_are_suggestions(tmp_path):
    assert suggested(tmp_path, rows(), rows((2, "ear", 20, 1.0))) == {(2, "ear"): [20, 0.5]}
    assert suggested(tmp_path, rows((1, "nose", 100, 1.0)), rows()) == {(1, "nose"): [100, 0.9]}
