"""Label checks: mistakes made on purpose come out on top, right labels stay out."""

import numpy as np
import pandas as pd
import pytest

from marey.evaluation import check_labels
from marey.tables import files
from marey.tables.labels import LABELS
from marey.tables.pooled import POOLED
from marey.tables.reprojected import REPROJECTED
from marey.tables.suspects import SUSPECTS

KEYPOINTS = ["snout", "left_ear", "right_ear", "tail"]
BODY = np.array([[40, 0], [25, -10], [25, 10], [-40, 0]])


def made(frames: int = 100, *, noise: float = 2.0, false_peaks: float = 0.0, seed: int = 0) -> pd.DataFrame:
    """Table `pooled`: one animal at random places and angles; predictions are off by `noise` px, some by far."""
    rng = np.random.default_rng(seed)
    parts = []
    for frame in range(frames):
        angle = rng.uniform(0, 2 * np.pi)
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        true = BODY @ turn + rng.uniform(60, 400, 2)
        seen = true + rng.normal(0, noise, true.shape)
        lost = rng.random(4) < false_peaks
        seen[lost] = rng.uniform(0, 460, (lost.sum(), 2))
        rows = {"keypoint": KEYPOINTS, "frame": frame, "true_x": true[:, 0], "true_y": true[:, 1]}
        parts.append(pd.DataFrame({**rows, "x": seen[:, 0], "y": seen[:, 1]}))
    table = pd.concat(parts, ignore_index=True)
    table = table.assign(video="v", individual="m", part="test", group="g", visibility="visible", spread=np.nan)
    return table.assign(confidence=0.97 - false_peaks, raw_confidence=0.6, sigma_px=noise, tolerance=8.0)


def swap(points: pd.DataFrame, frames, one="left_ear", other="right_ear") -> pd.DataFrame:
    """Exchange the labels of two keypoints in some frames."""
    table = points.set_index(["frame", "keypoint"])
    names = ["true_x", "true_y"]
    for frame in frames:
        first, second = ((frame, name) for name in (one, other))
        table.loc[[first, second], names] = table.loc[[second, first], names].to_numpy()
    return table.reset_index()


@pytest.mark.parametrize("false_peaks", [0.0, 0.05])
def test_swapped_labels_come_first(false_peaks):
    frames = [3, 20, 41, 77, 90]
    found = check_labels.rank_suspects(swap(made(false_peaks=false_peaks), frames))
    top = found.head(len(frames))
    assert set(top["kind"]) == {"swapped"}
    assert set(top["frame"]) == set(frames)
    assert set(zip(top["keypoint"], top["other"], strict=True)) == {("left_ear", "right_ear")}
    assert found["rank"].tolist() == list(range(1, len(found) + 1))
    assert found["score"].is_monotonic_decreasing


def test_any_two_keypoints_can_be_swapped_and_are_listed_once():
    found = check_labels.rank_suspects(swap(made(), [8], "snout", "tail"))
    assert found[["kind", "frame", "keypoint", "other"]].iloc[0].tolist() == ["swapped", 8, "snout", "tail"]
    assert len(found[found["frame"] == 8]) == 1
    other = made().query("frame == 8 and keypoint == 'snout'")[["true_x", "true_y"]].to_numpy()[0]
    np.testing.assert_allclose(found[["other_x", "other_y"]].iloc[0].astype(float), other)


def test_far_labels_come_with_the_farthest_first():
    points = made()
    for frame, distance in ((5, 40.0), (50, 200.0), (70, 25.0)):
        points.loc[(points["frame"] == frame) & (points["keypoint"] == "tail"), "true_x"] += distance
    found = check_labels.rank_suspects(points).head(3)
    assert found["kind"].tolist() == ["far"] * 3
    assert found["frame"].tolist() == [50, 5, 70]
    assert (found["score"] <= -np.log(0.03) + 1e-6).all()


def test_missing_labels_are_listed_where_the_model_is_sure():
    points = made()
    points.loc[[4, 9, 14], ["true_x", "true_y"]] = np.nan
    points.loc[[4, 9, 14], "visibility"] = ["unlabelled", "absent", "unlabelled"]
    points.loc[14, "confidence"] = 0.3
    found = check_labels.rank_suspects(points)
    missing = found[found["kind"] == "missing"]
    assert missing["frame"].tolist() == [1, 2]
    assert missing["x"].isna().all()
    assert missing["score"].iloc[0] == pytest.approx(np.log(0.97 / 0.03))
    name = points["keypoint"].iloc[4]
    points.loc[points["keypoint"] == name, ["true_x", "true_y"]] = np.nan
    points.loc[points["keypoint"] == name, "visibility"] = "unlabelled"
    found = check_labels.rank_suspects(points)
    assert name not in set(found.loc[found["kind"] == "missing", "keypoint"])  # nobody labels that keypoint


def spurious(points: pd.DataFrame, frame: int, name: str = "spurious1", *, confidence: list[float]) -> pd.DataFrame:
    """The rows of `points` and of one more animal in a frame, which is seen and not labelled."""
    rows = points[points["frame"].eq(frame) & points["individual"].eq("m")]
    rows = rows.assign(individual=name, true_x=np.nan, true_y=np.nan, visibility="absent")
    return pd.concat([points, rows.assign(x=rows["x"] + 200, confidence=confidence)], ignore_index=True)


def test_an_animal_without_a_label_is_one_suspect_by_its_keypoint_of_highest_confidence():
    points = spurious(made(), 7, confidence=[0.8, 0.95, 0.9, 0.6])
    points = spurious(points, 7, "spurious2", confidence=[0.9, 0.2, 0.2, 0.2])
    points = spurious(points, 30, confidence=[0.3, 0.2, 0.3, 0.1])
    points.loc[points["frame"].eq(7) & points["keypoint"].eq("snout") & points["individual"].eq("spurious2"), "x"] = (
        np.nan
    )
    found = check_labels.rank_suspects(points)
    animals = found[found["individual"].str.startswith("spurious")]
    assert animals[["frame", "individual", "keypoint", "kind"]].values.tolist() == [
        [7, "spurious1", "left_ear", "missing"]
    ]
    assert animals["score"].iloc[0] == pytest.approx(np.log(0.95 / 0.05))
    others = check_labels.rank_suspects(made())
    kept = found[~found["individual"].str.startswith("spurious")]
    assert kept[["frame", "keypoint", "kind"]].values.tolist() == others[["frame", "keypoint", "kind"]].values.tolist()


def test_an_animal_that_was_not_found_breaks_nothing():
    second = made(seed=1).assign(individual="second", x=np.nan, y=np.nan, confidence=0.0, sigma_px=np.nan)
    found = check_labels.rank_suspects(pd.concat([swap(made(), [8]), second], ignore_index=True))
    assert found[["kind", "frame", "individual"]].iloc[0].tolist() == ["swapped", 8, "m"]
    assert "second" not in set(found["individual"])


@pytest.mark.parametrize("sigma", [2.0, np.nan])
def test_right_labels_stay_out(sigma):
    found = check_labels.rank_suspects(made(400).assign(sigma_px=sigma))
    assert len(found) <= 4  # of 1600 labels


def test_a_keypoint_that_is_hard_to_place_is_measured_by_its_own_residuals():
    points, rng = made(200), np.random.default_rng(1)
    tail = points["keypoint"] == "tail"
    points.loc[tail, ["x", "y"]] += rng.normal(0, 10, (tail.sum(), 2))
    found = check_labels.rank_suspects(points)
    assert len(found) < 0.03 * tail.sum()


def test_unsure_models_accuse_nobody():
    points = made().assign(confidence=0.02)
    points["true_x"] += np.random.default_rng(2).normal(0, 100, len(points))
    assert check_labels.rank_suspects(points).empty


def test_a_label_that_a_doubtful_model_would_rather_have_elsewhere_is_not_wrong_yet():
    """Somewhat likelier wrong than right: so are very many right labels of a model that is unsure of itself."""
    points = made().assign(confidence=0.7)
    tail = (points["keypoint"] == "tail") & (points["frame"] == 5)
    points.loc[tail, "true_x"] += 60.0  # anywhere, at odds of 0.7 to 0.3
    assert not (check_labels.rank_suspects(points)["frame"] == 5).any()
    assert (check_labels.rank_suspects(points.assign(confidence=0.97))["frame"] == 5).any()


@pytest.fixture
def run(tmp_path):
    def run(*folds: pd.DataFrame, seen: pd.DataFrame | None = None, labels: pd.DataFrame | None = None) -> pd.DataFrame:
        paths = [tmp_path / f"{index}.parquet" for index in range(len(folds))]
        for path, rows in zip(paths, folds, strict=True):
            files.write(path, rows, POOLED)
        rows = folds[0] if labels is None else labels
        places = {"x": 1.0, "y": 1.0} if labels is None else {"x": rows["true_x"], "y": rows["true_y"]}
        rows = rows[["video", "frame", "individual", "keypoint", "visibility"]]
        source = {
            "annotator": "me",
            "image": None,
            "source": "labels.csv",
            "row": np.arange(len(rows)) + 2,
            "set_at": None,
        }
        rows = rows.assign(**places, **source)
        files.write(tmp_path / "labels.parquet", rows.drop(index=2) if labels is None else rows, LABELS)
        views = []
        if seen is not None:
            views = [tmp_path / "reprojected.parquet"]
            files.write(views[0], seen, REPROJECTED)
        tables = paths, tmp_path / "labels.parquet", tmp_path / "out.parquet"
        check_labels.check_labels(*tables, reprojected_paths=views, provenance={"seed": 1})
        assert files.read_provenance(tmp_path / "out.parquet") == {"seed": 1}
        return files.read(tmp_path / "out.parquet", SUSPECTS)

    return run


def test_each_frame_is_judged_by_the_fold_that_tests_it(run):
    wrong = swap(made(), [10, 11])
    learned = wrong.assign(x=wrong["true_x"], y=wrong["true_y"], part="train")  # trained on: learned by heart
    first, second = wrong["frame"] < 50, wrong["frame"] == 11
    folds = [wrong.where(first & ~second, learned), wrong.where(second, learned)]
    found = run(*folds)
    assert found["frame"].head(2).sort_values().tolist() == [10, 11]
    assert found["frame"].max() < 50


def test_the_row_of_the_label_is_named(run):
    found = run(swap(made(), [10]))
    assert found[["source", "row"]].iloc[0].tolist() == ["labels.csv", 10 * 4 + 1 + 2]
    points = made()
    points.loc[2, ["true_x", "true_y"]] = np.nan
    points.loc[2, "visibility"] = "unlabelled"
    found = run(points)
    assert found["kind"].iloc[0] == "missing"
    assert found["source"].iloc[0] is None or pd.isna(found["source"].iloc[0])


def test_an_animal_without_a_label_has_no_row_in_a_file(run):
    points = made()
    table = spurious(points, 0, confidence=[0.98] * 4)

    found = run(points.assign(part="train"), table)
    assert found["individual"].iloc[0] == "spurious1"
    assert found[["source", "row"]].iloc[0].isna().all()


def test_without_test_frames_the_list_is_empty(run):
    assert len(run(made().assign(part="train"))) == 0


def reprojected(points: pd.DataFrame, **changed) -> pd.DataFrame:
    """Table `reprojected` that says what a model says in `points`."""
    rows = points.assign(views=3, source="reprojected", sigma_px=points["sigma_px"].fillna(2.0), **changed)
    return rows[REPROJECTED.names]


def test_what_other_cameras_see_speaks_against_labels(run):
    points = made()
    seen = reprojected(made(seed=0), confidence=0.95)
    wrong = points.copy()
    far = {(5, "tail"): 60.0, (50, "snout"): 90.0}
    for (frame, keypoint), distance in far.items():
        wrong.loc[(wrong["frame"] == frame) & (wrong["keypoint"] == keypoint), "true_x"] += distance
    wrong = swap(wrong, [20])
    off = points[["x", "y"]].to_numpy() - points[["true_x", "true_y"]].to_numpy()
    learnt = wrong.assign(x=wrong["true_x"] + off[:, 0], y=wrong["true_y"] + off[:, 1])
    model = wrong.where(wrong["frame"] == 50, learnt)  # of all others it has learnt what is wrong
    found = run(model, seen=seen, labels=wrong)
    top = found.head(3).set_index("frame")
    assert top["evidence"].to_dict() == {20: "views", 5: "views", 50: "both"}
    assert top["kind"].to_dict() == {20: "swapped", 5: "far", 50: "far"}
    assert top.loc[5, ["source", "row"]].tolist() == ["labels.csv", 5 * 4 + 3 + 2]
    assert found["rank"].tolist() == list(range(1, len(found) + 1))
    place = seen[(seen["frame"] == 5) & (seen["keypoint"] == "tail")][["x", "y"]].iloc[0]
    np.testing.assert_allclose(top.loc[5, ["predicted_x", "predicted_y"]].astype(float), place, rtol=1e-5)
    assert not found.duplicated(["frame", "keypoint"]).any()


def test_what_other_cameras_see_is_no_missing_label(run):
    points = made()
    points.loc[[4, 9], ["true_x", "true_y"]] = np.nan
    points.loc[[4, 9], "visibility"] = ["unlabelled", "absent"]
    model = points.assign(confidence=0.02)
    found = run(model, seen=reprojected(made()), labels=points)
    assert not set(found["kind"]) & {"missing"}
    assert len(run(model.head(0), seen=reprojected(made()).head(0), labels=points)) == 0


def suspects(*rows: tuple) -> pd.DataFrame:
    """Suspicious labels: (keypoint, kind, other, score)."""
    table = pd.DataFrame(rows, columns=["keypoint", "kind", "other", "score"])
    return table.assign(video="v", frame=1, individual="m", rank=0)


def test_a_label_is_listed_once_by_what_speaks_against_it_most():
    model = suspects(("a", "far", None, 3.0), ("b", "far", None, 1.0), ("c", "far", None, 0.5))
    views = suspects(("a", "swapped", "b", 4.0), ("c", "far", None, 0.2), ("d", "far", None, 0.1))
    found = check_labels.join_suspects(model.assign(evidence="model"), views.assign(evidence="views"))
    assert found[["keypoint", "kind", "evidence", "rank"]].to_numpy().tolist() == [
        ["a", "swapped", "both", 1],
        ["c", "far", "both", 2],
        ["d", "far", "views", 3],
    ]
