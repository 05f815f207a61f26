"""anipose's CSV, read by pandas as anipose does it, and by movement."""

import numpy as np
import pandas as pd
import pytest

from marey.exports.pose_table import ExportError

from ... import made_session_poses as made

WORLD = [f"M_{row}{column}" for row in range(3) for column in range(3)] + [f"center_{axis}" for axis in range(3)]


def test_columns_are_anipose_s_and_a_dot_is_in_its_place(tmp_path):
    found = pd.read_csv(made.export(made.dot(), "anipose.csv", tmp_path))
    parts = ("x", "y", "z", "error", "ncams", "score")
    assert found.columns.tolist() == [f"{name}_{part}" for name in made.KEYPOINTS for part in parts] + [*WORLD, "fnum"]
    assert found["fnum"].tolist() == [0, 1, 2]
    assert found.loc[2, [f"snout_{part}" for part in parts]].tolist() == [*made.PLACE, 1.25, 4, 0.5]
    assert found.loc[0, [f"snout_{part}" for part in ("x", "error", "score")]].isna().all()
    assert found.loc[0, "snout_ncams"] == 0


def test_turned_back_to_the_world_positions_are_what_they_were(tmp_path):
    rows = made.table()
    found = pd.read_csv(made.export(rows, "anipose.csv", tmp_path))
    turn = found.loc[0, WORLD[:9]].to_numpy(float).reshape(3, 3)
    place = found[[f"tail base_{axis}" for axis in "xyz"]].to_numpy()
    world = (place + found[WORLD[9:]].to_numpy()) @ np.linalg.inv(turn.T)  # as anipose projects its points
    np.testing.assert_allclose(world, made.wide(rows, "a", "tail base"), rtol=1e-6)
    own = rows[rows["keypoint"] == "tail base"]
    np.testing.assert_allclose(found["tail base_error"], own["reproj_px"], rtol=1e-6)
    assert found["tail base_ncams"].tolist() == own["views_used"].tolist()


def test_several_animals_are_in_the_names(tmp_path):
    rows = made.table(animals=("a", "b"))
    found = pd.read_csv(made.export(rows, "anipose.csv", tmp_path))
    np.testing.assert_allclose(found["b_left_ear_z"], made.wide(rows, "b", "left_ear")[:, 2], rtol=1e-6)
    rows = made.table(animals=("a", "a_tail"))
    rows.loc[(rows["individual"] == "a_tail") & (rows["keypoint"] == "tail base"), "keypoint"] = "snout"
    assert made.export(rows.drop_duplicates(["frame", "individual", "keypoint"]), "anipose.csv", tmp_path)
    clash = made.table(animals=("a", "a_b")).replace({"keypoint": {"tail base": "b_snout"}})
    made.KEYPOINTS, kept = ("snout", "b_snout", "left_ear"), made.KEYPOINTS
    try:
        with pytest.raises(ExportError, match="two keypoints would be named 'a_b_snout'"):
            made.export(clash, "anipose.csv", tmp_path)
    finally:
        made.KEYPOINTS = kept


def test_movement_reads_it(tmp_path):
    load = pytest.importorskip("movement.io", reason="movement is no part of the environment")
    rows = made.table()
    path = made.export(rows, "anipose.csv", tmp_path)
    found = load.load_dataset(path, source_software="Anipose", fps=30)
    place = found["position"].sel(keypoints="snout").values[:, :, 0]
    np.testing.assert_allclose(place, made.wide(rows, "a", "snout"), rtol=1e-6)
