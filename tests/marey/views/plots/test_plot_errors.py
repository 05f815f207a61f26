"""Error by keypoint and cumulative error."""

import numpy as np
import pytest

from marey.evaluation import evaluate_model
from marey.tables import files
from marey.tables.metrics import METRICS
from marey.tables.pooled import POOLED
from marey.views.plots.plot_errors import plot_errors

CONFIG = {"confidence_cut": 0.6, "pck_pixels": [5], "pck_body": [], "bootstrap": 100}


@pytest.fixture
def draw(tmp_path, skeleton, figures):
    def run(predictions):
        files.write(tmp_path / "p.parquet", predictions, POOLED)
        rows = evaluate_model.model_metrics(predictions, config=CONFIG, seed=0)
        files.write(tmp_path / "m.parquet", rows, METRICS)
        plot_errors(tmp_path / "m.parquet", tmp_path / "p.parquet", tmp_path / "a.png", skeleton=skeleton)
        return figures[-1].axes

    return run


def test_test_frames_only(draw, predictions):
    left, _ = draw(predictions)
    assert [label.get_text() for label in left.get_xticklabels()] == ["all", "snout", "ear", "tail"]
    shown = np.concatenate([dots.get_offsets()[:, 1] for dots in left.collections])
    assert shown.max() == 19  # train frames are 1000 px off
    assert {text.get_text() for text in left.texts} == {"9.5"}


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
    assert left.get_ylim()[1] < 100
    assert left.texts[-1].get_text() == "2 points above, up to 5000 px"


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
    shown = np.concatenate([dots.get_offsets()[:, 1] for dots in left.collections])
    assert len(shown) == 2 * 15  # no point of the spurious animal
    highest = [line.get_ydata().max() for line in right.lines]
    assert highest == pytest.approx([5 / 8] * 4)
    assert not any("missed" in text.get_text() for text in draw(predictions)[1].texts)
