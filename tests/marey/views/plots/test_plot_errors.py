"""Error by keypoint and cumulative error."""

import itertools

import numpy as np
import pandas as pd
import pytest

from marey.evaluation import evaluate_model
from marey.experiment.skeletons import Skeleton
from marey.tables import files
from marey.tables.metrics import METRICS
from marey.tables.pooled import POOLED
from marey.views.plots.plot_errors import plot_errors

CONFIG = {"confidence_cut": 0.6, "pck_pixels": [5], "pck_body": [], "bootstrap": 100}


@pytest.fixture
def draw(tmp_path, skeleton, figures):
    def run(predictions, skeleton=skeleton):
        files.write(tmp_path / "p.parquet", predictions, POOLED)
        rows = evaluate_model.model_metrics(predictions, config=CONFIG, seed=0)
        files.write(tmp_path / "m.parquet", rows, METRICS)
        plot_errors(tmp_path / "m.parquet", tmp_path / "p.parquet", tmp_path / "a.png", skeleton=skeleton)
        return figures[-1].axes

    return run


def test_test_frames_only(draw, predictions):
    left, _ = draw(predictions)
    assert [label.get_text() for label in left.get_yticklabels()] == ["all", "snout", "ear", "tail"]
    shown = np.concatenate([dots.get_offsets()[:, 0] for dots in left.collections])
    assert shown.max() == 19  # train frames are 1000 px off
    assert {text.get_text() for text in left.texts} == {"9.5", "mean"}
    assert "no 95 % intervals: 4 groups of test frames, fewer than 6" in left.get_xlabel()


def test_missing_points_lower_the_cumulative_curve(draw, predictions):
    half = predictions["frame"] % 2 == 0
    predictions.loc[half & (predictions["keypoint"] == "tail"), ["x", "y"]] = np.nan
    _, right = draw(predictions)
    highest = [line.get_ydata().max() for line in right.lines]  # tail, ear, snout, all
    assert highest == pytest.approx([0.5, 1, 1, 50 / 60])


def test_far_points_are_counted_not_drawn(draw, predictions):
    many = predictions.loc[predictions.index.repeat(20)].reset_index(drop=True)
    many["individual"] = [f"mouse{i}" for i in many.index]
    many.loc[[0, 1], "x"] += 5000
    left, _ = draw(many)
    assert left.get_xlim()[1] < 100
    assert left.get_title(loc="right") == "2 points further out, up to 5000 px"


@pytest.mark.parametrize("count", [1, 8, 32])
def test_names_are_apart_however_many_keypoints_there_are(draw, predictions, count):
    names = tuple(f"left_part_{number:02}" for number in range(count))
    one = predictions[predictions["keypoint"] == "snout"]
    many = pd.concat([one.assign(keypoint=name, x=one["x"] + k) for k, name in enumerate(names)], ignore_index=True)
    many["group"] = "g" + (many["frame"] // 3).astype(str)
    left, right = draw(many, Skeleton(names))
    assert left.get_xlabel() == "distance to label (px)"  # seven groups have intervals
    boxes = [label.get_window_extent() for label in left.get_yticklabels()]
    assert len(boxes) == count + 1
    assert all(above.y0 >= below.y1 for above, below in itertools.pairwise(boxes))
    ends = sorted((text.get_window_extent() for text in right.texts), key=lambda box: box.y0)
    assert len(ends) == (count + 1 if count < 12 else 6)
    assert all(below.y1 <= above.y0 + 2 for below, above in itertools.pairwise(ends))
    assert max(box.x1 for box in ends) <= left.figure.bbox.width


@pytest.mark.parametrize("keep", ["train", "none"])
def test_nothing_to_show(draw, predictions, keep):
    left, _ = draw(predictions[predictions["part"] == keep])
    assert left.texts[0].get_text() == "no predicted test points"


def test_whole_animals_are_told_in_words(draw, crowd, predictions):
    left, right = draw(crowd)
    assert right.texts[-1].get_text().splitlines() == [
        "8 animals",
        "3 missed (37.5% of the labelled)",
        "1 spurious (12.5% of the labelled)",
        "mAP (OKS, sigma 0.1) 0.488",  # 5, 3 and 2 of 8 found at 5, 4 and 1 thresholds: (5 * 63 + 4 * 38 + 26) / 1010
    ]
    shown = np.concatenate([dots.get_offsets()[:, 0] for dots in left.collections])
    assert len(shown) == 2 * 15  # no point of the spurious animal
    highest = [line.get_ydata().max() for line in right.lines]
    assert highest == pytest.approx([5 / 8] * 4)
    assert not any("missed" in text.get_text() for text in draw(predictions)[1].texts)
