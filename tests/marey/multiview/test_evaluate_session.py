"""Metrics of a session: exact where what is wrong was made, right shares, and nothing where nothing can be said."""

import numpy as np
import pytest

from marey.multiview import evaluate_session as module
from marey.multiview.evaluate_session import evaluate_session
from marey.multiview.smooth_session import smooth_session
from marey.multiview.triangulate_session import triangulate_session
from marey.tables import files
from marey.tables.session_metrics import SESSION_METRICS

from . import session

CONFIG = {**session.CONFIG, "skeleton": [["nose", "left_ear"], ["nose", "tail"]]}


def evaluate(made, folder, **changed):
    tables = made.tables, folder / "points.parquet", folder / "poses3d.parquet"
    evaluate_session(*tables, folder / "out.parquet", config={**CONFIG, **changed}, provenance={"a": 1})
    assert files.read_provenance(folder / "out.parquet") == {"a": 1}
    return files.read(folder / "out.parquet", SESSION_METRICS)


def of_animal(rows, metric, individual, keypoint):
    return rows[(rows["metric"] == metric) & (rows["individual"] == individual) & (rows["keypoint"] == keypoint)]


def of_camera(rows, metric, camera, keypoint):
    (found,) = rows[(rows["metric"] == metric) & (rows["camera"] == camera) & (rows["keypoint"] == keypoint)].to_dict(
        "records"
    )
    return found


@pytest.fixture(scope="module")
def shifted(tmp_path_factory):
    """Four cameras without noise; view2 sees the nose 3 px further right, and view3 the tail in 45 of 60 frames."""

    def change(seen, chance):
        seen[:, 0, 1, 0] += 3
        seen[:15, 3, 2] = np.nan

    folder = tmp_path_factory.mktemp("session")
    made = session.make(folder, 60, noise=0.0, change=change)
    for at, path in enumerate(made.tracks.values()):
        session.write_tracks(path, made.seen[:, :, at], 0.2)
    session.write_truth(folder, made.truth)
    return evaluate(made, folder)


def test_what_is_wrong_is_found_in_its_camera_and_nowhere_else(shifted):
    for kind in ("reprojection", "left_out"):
        for statistic in ("mean", "median", "p95"):
            for camera in ("view1", "view2", "view3", "view4"):
                for keypoint in session.KEYPOINTS:
                    found = of_camera(shifted, f"{kind}_{statistic}", camera, keypoint)
                    wrong = 3.0 if (camera, keypoint) == ("view2", "nose") else 0.0
                    assert found["value"] == pytest.approx(wrong, abs=2e-3), (kind, camera, keypoint)
                    assert found["points"] == (45 if (camera, keypoint) == ("view3", "tail") else 60)
    assert of_camera(shifted, "left_out_mean", "view2", "all")["value"] == pytest.approx(3 / 4, abs=1e-3)
    assert of_camera(shifted, "left_out_mean", "all", "nose")["value"] == pytest.approx(3 / 4, abs=1e-3)
    assert of_camera(shifted, "left_out_p95", "all", "all")["value"] == pytest.approx(3, abs=1e-3)


def test_shares_of_views(shifted):
    assert of_camera(shifted, "rejected", "view2", "nose")["value"] == 1
    assert of_camera(shifted, "rejected", "view1", "nose")["value"] == 0
    assert of_camera(shifted, "rejected", "all", "nose")["value"] == 1 / 4
    assert of_camera(shifted, "rejected", "all", "all")["value"] == pytest.approx(60 / (16 * 60 - 15))
    assert of_camera(shifted, "seen", "view3", "tail")["value"] == 45 / 60
    assert of_camera(shifted, "seen", "view3", "tail")["points"] == 60
    assert of_camera(shifted, "seen", "all", "all")["value"] == pytest.approx(1 - 15 / 960)
    assert of_camera(shifted, "exchanged", "all", "all")["value"] == 0
    assert of_camera(shifted, "left_out_inside", "view2", "nose")["points"] == 0  # all of them are rejected
    assert of_camera(shifted, "left_out_inside", "view2", "tail")["value"] == 1


def test_exchanged_sides_are_counted_in_their_camera(tmp_path):
    def change(seen, chance):
        seen[:12, [1, 2], 3] = seen[:12, [2, 1], 3]

    made = session.make(tmp_path, 60, noise=0.2, change=change)
    session.write_truth(tmp_path, made.truth)
    rows = evaluate(made, tmp_path)
    for camera, share in (("view4", 12 / 60), ("view1", 0)):
        assert of_camera(rows, "exchanged", camera, "left_ear")["value"] == share
    assert of_camera(rows, "reprojection_p95", "view4", "left_ear")["value"] > 5


def test_coverage_and_limbs_by_hand(tmp_path):
    made = session.make(tmp_path, 60)
    state = np.full((60, 4), "measured", object)
    state[:6, 0] = "bridged"
    state[6:15, 0] = "gap"
    truth = np.zeros((60, 4, 3))
    truth[:, 0, 0] = 10  # nose and left ear are 10 apart, in every third frame 13; nose and tail 5 and 8
    truth[::3, 0, 0] = 13
    truth[:, 3, 0] = 5
    session.write_truth(tmp_path, truth, state.ravel())
    rows = evaluate(made, tmp_path)
    assert of_animal(rows, "measured", "animal", "nose").iloc[0][["value", "points"]].tolist() == [45 / 60, 60]
    assert of_animal(rows, "bridged", "animal", "nose").iloc[0]["value"] == 6 / 60
    assert of_animal(rows, "measured", "all", "all").iloc[0]["value"] == 225 / 240
    limb = of_animal(rows, "limb_length", "animal", "nose").set_index("other")
    assert limb.loc["left_ear", ["unit", "value", "points"]].tolist() == ["mm", 10, 45]
    assert limb.loc["tail", "value"] == 5
    assert of_animal(rows, "limb_variation", "animal", "nose").set_index("other")["value"].tolist() == [0, 0]
    truth[1::3, 0, 0] = 11  # lengths of 10, 11, 13: from their median 1, 0, 2
    session.write_truth(tmp_path, truth, state.ravel())
    found = of_animal(evaluate(made, tmp_path), "limb_variation", "animal", "nose").set_index("other")
    assert found.loc["left_ear", "value"] == pytest.approx(1.4826 / 11)


def test_ellipses_hold_their_share_and_parts_say_what_the_whole_does(tmp_path, monkeypatch):
    made = session.make(tmp_path, 240, noise=1.5)
    config = {**CONFIG, "max_gap": 0.2}
    triangulate_session(made.tables, made.probes, tmp_path / "points.parquet", config=config)
    smooth_session(made.tables, tmp_path / "points.parquet", tmp_path / "poses3d.parquet", config=config)
    rows = evaluate(made, tmp_path)
    assert of_camera(rows, "left_out_inside", "all", "all")["value"] == pytest.approx(0.95, abs=0.015)
    mean = {kind: of_camera(rows, f"{kind}_mean", "all", "all")["value"] for kind in ("reprojection", "left_out")}
    noise = 1.5 * np.sqrt(np.pi / 2)  # of it a pose that is fitted at each time keeps 5 of 8 degrees of freedom
    assert np.sqrt(5 / 8) * noise < mean["reprojection"] < noise < mean["left_out"] < 2 * noise
    monkeypatch.setattr(module, "POINTS_EVALUATED", 320)
    part = evaluate(made, tmp_path)
    found = [of_camera(table, "left_out_mean", "all", "all") for table in (rows, part)]
    assert [row["points"] for row in found] == [3840, 4 * 256]  # 32 parts of two times
    assert found[1]["value"] == pytest.approx(found[0]["value"], rel=0.1)
    assert of_animal(part, "measured", "all", "all").iloc[0]["points"] == 960


def test_two_cameras_have_no_others(tmp_path):
    made = session.make(tmp_path, 20)
    for name in ("view3", "view4"):
        del made.tracks[name]
    session.write_truth(tmp_path, made.truth)
    rows = evaluate(made, tmp_path)
    assert of_camera(rows, "left_out_median", "all", "all")["points"] == 0
    assert np.isnan(of_camera(rows, "left_out_median", "view1", "nose")["value"])
    assert of_camera(rows, "reprojection_median", "view1", "nose")["points"] == 20


def test_a_session_without_animals_is_evaluated(tmp_path):
    made = session.make(tmp_path, 20)
    for path in made.tracks.values():
        files.write(path, files.empty(session.TRACKS), session.TRACKS)
    session.write_truth(tmp_path, made.truth[:0])
    rows = evaluate(made, tmp_path)
    assert (rows["points"] == 0).all()
    assert rows["value"].isna().all()
