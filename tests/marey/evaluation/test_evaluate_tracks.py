"""Tracks against labels, counted by hand."""

import numpy as np
import pandas as pd
import pytest

from marey.evaluation import evaluate_tracks
from marey.evaluation.track_metrics import HOTA_THRESHOLDS
from marey.tables import files
from marey.tables.labels import LABELS
from marey.tables.track_metrics import TRACK_METRICS
from marey.tables.tracks import TRACKS

SHAPE = {"snout": (0, 0), "ear": (10, 20), "tail": (60, 10)}
RATE = 30.0


def pose(frame: int, individual: str, place: float, *, off: float = 0.0) -> list[dict]:
    """The rows of an animal whose snout lies at (`place` + `off`, `off`) px."""
    base = {"video": "v", "frame": frame, "individual": individual}
    return [{**base, "keypoint": k, "x": x + place + off, "y": y + off} for k, (x, y) in SHAPE.items()]


def labelled(*poses) -> pd.DataFrame:
    """Table `labels` of (frame, individual, place)."""
    rows = pd.DataFrame([row for each in poses for row in pose(*each)])
    rows = rows.assign(visibility="visible", annotator="me", image=None, source="l.csv", row=1, set_at=None)
    return rows[LABELS.names]


def tracked(*poses) -> pd.DataFrame:
    """Table `tracks` of (frame, individual, place)."""
    rows = pd.DataFrame([row for each in poses for row in pose(*each)])
    rows = rows.assign(time=rows["frame"] / RATE, confidence=0.9, sigma_px=1.0, fault=False)
    return rows[TRACKS.names].sort_values("frame", kind="stable")


def figures(truth, found) -> dict:
    return evaluate_tracks.track_metric_rows(truth, found).set_index("metric")["value"].to_dict()


TWO = [(f, name, place) for f in range(0, 3600, 600) for name, place in (("a", 0), ("b", 300))]  # 6 frames in 100 s


def test_right_tracks_under_other_names_are_perfect():
    found = tracked(*[(f, {"a": "track7", "b": "track2"}[name], place) for f, name, place in TWO])
    rows = evaluate_tracks.track_metric_rows(labelled(*TWO), found)
    expected = {"mota": 1, "idf1": 1, "hota": 1, "deta": 1, "assa": 1}
    expected |= {"switches": 0, "missed": 0, "spurious": 0, "switches_per_hour": 0}
    assert rows.set_index("metric")["value"].to_dict() == pytest.approx(expected)
    assert rows["metric"].tolist() == list(expected)
    assert (rows["frames"].unique().tolist(), rows["animals"].unique().tolist()) == ([6], [12])


def test_switched_missed_and_spurious_poses_by_hand():
    names = {0: "ab", 600: "ab", 1200: "ba", 1800: "ba", 2400: "ba", 3000: "ba"}
    poses = [(f, name, place) for f in names for name, place in zip(names[f], (0, 300), strict=True)]
    poses.remove((3000, "b", 0))
    poses += [(3000, "c", 900), (100, "c", 900)]  # frame 100 is not labelled
    got = figures(labelled(*TWO), tracked(*poses))
    assert {name: got[name] for name in ("switches", "missed", "spurious")} == {
        "switches": 2,
        "missed": 1,
        "spurious": 1,
    }
    assert got["mota"] == pytest.approx(1 - 4 / 12)
    assert got["idf1"] == pytest.approx(2 * 7 / 24)  # a as b and b as a: 3 + 4 poses of 12 each
    assert got["switches_per_hour"] == pytest.approx(2 / (3000 / RATE / 3600))


def test_a_pose_that_lies_off_is_less_similar():
    found = tracked(*TWO)
    found[["x", "y"]] += 6
    got = figures(labelled(*TWO), found)
    near = np.exp(-72 / (2 * 60 * 20 * 0.2**2))
    assert got["deta"] == pytest.approx((near >= HOTA_THRESHOLDS).mean())
    assert got["mota"] == -1  # 0.47 is no match


def test_only_what_is_there_counts():
    truth, found = labelled(*TWO, (3600, "a", 0)), tracked(*TWO, (3600, "a", 0), (3600, "b", 300))
    there = truth["frame"].eq(3600) & truth["keypoint"].eq("snout")
    truth.loc[there, "visibility"], truth.loc[there, ["x", "y"]] = "absent", np.nan  # two points are left
    unseen = found["frame"].eq(3600) & found["individual"].eq("b")
    found.loc[unseen, ["x", "y"]] = np.nan  # bridged by the track, not seen
    assert figures(truth, found)["mota"] == 1


@pytest.mark.parametrize("case", ["no labels", "no animals", "no tracks"])
def test_nothing_to_compare(case):
    truth, found = labelled(*TWO), tracked(*TWO)
    if case == "no labels":
        truth = truth.iloc[:0]
    elif case == "no animals":
        truth = truth.assign(x=np.nan, y=np.nan, visibility="absent")
    else:
        found = found.iloc[:0]
    rows = evaluate_tracks.track_metric_rows(truth, found)
    assert rows["frames"].iloc[0] == (0 if case == "no labels" else 6)
    if case == "no tracks":
        got = rows.set_index("metric")["value"]
        assert (got["mota"], got["missed"], got["hota"]) == (0, 12, 0)
        assert np.isnan(got["switches_per_hour"])
    else:
        assert rows["value"].isna().all()
        assert rows["animals"].iloc[0] == 0


def test_times_go_on_beside_the_tracks():
    found = tracked(*[(f, "a", 0) for f in range(600, 1300, 100)])
    assert evaluate_tracks._seconds(pd.Series([0, 1800]), found) == pytest.approx(1800 / RATE)
    found["time"] = found["time"].where(found["frame"] < 900, found["time"] + 5)  # a pause
    assert evaluate_tracks._seconds(pd.Series([650, 1250]), found) == pytest.approx(600 / RATE + 5, abs=0.6)


def test_table_of_the_video_its_own_frames_its_analysed_part_and_no_objects(tmp_path):
    truth, found = labelled(*TWO), tracked(*TWO)
    other = truth.assign(video="w", x=truth["x"] + 500)
    picture = truth.assign(image="p.png", frame=truth["frame"] + 1)
    lamp = truth[truth["keypoint"] == "snout"].assign(keypoint="lamp", individual="single", x=900)
    files.write(tmp_path / "l.parquet", pd.concat([truth, other, picture, lamp]), LABELS)
    files.write(tmp_path / "t.parquet", found, TRACKS)
    options = {"video": "v", "frames": "600:3000", "unique": ["lamp"], "provenance": {"seed": 1}}
    evaluate_tracks.evaluate_tracks(tmp_path / "t.parquet", tmp_path / "l.parquet", tmp_path / "out.parquet", **options)
    rows = files.read(tmp_path / "out.parquet", TRACK_METRICS)
    assert rows["video"].unique().tolist() == ["v"]
    assert (rows["frames"].iloc[0], rows["animals"].iloc[0]) == (4, 8)
    assert rows.set_index("metric")["value"]["mota"] == 1
    assert files.read_provenance(tmp_path / "out.parquet") == {"seed": 1}
