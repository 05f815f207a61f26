"""Worst frames."""

import numpy as np
import pandas as pd
import pytest

from marey.pictures.encoding import encode
from marey.tables import files
from marey.tables.dataset import DATASET
from marey.tables.pooled import POOLED
from marey.views.plots.plot_worst_frames import plot_worst_frames


@pytest.fixture
def draw(tmp_path, skeleton, predictions):
    def run(predictions=predictions, frames=range(25), height=100):
        image = encode(np.full((height, 160, 3), 99, np.uint8))
        rows = {"video": "video", "frame": list(frames), "width": 160, "height": height, "image": image}
        rows = pd.DataFrame(rows).assign(individuals=[["mouse"]] * len(frames), points=[[0.0] * 6] * len(frames))
        files.write(tmp_path / "d.parquet", rows.assign(visibility=[[0] * 3] * len(frames)), DATASET)
        files.write(tmp_path / "p.parquet", predictions, POOLED)
        plot_worst_frames(tmp_path / "d.parquet", tmp_path / "p.parquet", tmp_path / "a.png", skeleton=skeleton)

    return run


def test_worst_first_and_test_frames_only(draw, figures):
    draw()
    titles = [axes.get_title(loc="left") for axes in figures[0].axes if axes.images]
    assert titles == [f"video, frame {f}: {f:.1f} px" for f in range(19, 7, -1)]


def test_crop_holds_all_points_and_stays_in_the_picture(draw, figures):
    draw()
    axes = figures[0].axes[0]  # x from 40 to 80 + 19
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    assert 0 <= left < 40
    assert 99 < right <= 160
    assert 0 <= top < 50 < bottom <= 100


def test_missing_picture_is_named(draw):
    with pytest.raises(files.TableError, match="frame 19 of video 'video' is missing"):
        draw(frames=range(19))


def test_no_test_frames(draw, figures, predictions):
    draw(predictions[predictions["part"] == "train"])
    assert figures[0].axes[0].texts[0].get_text() == "no test frames with predictions"


def test_missed_and_spurious_animals_are_boxed_named_and_worst(draw, figures, crowd):
    draw(crowd, range(4), 220)
    assert "missed" in figures[0].get_suptitle()
    assert "spurious" in figures[0].get_suptitle()
    axes = [each for each in figures[0].axes if each.images]
    assert [each.get_title(loc="left") for each in axes] == [
        "video, frame 3:\n2 missed",
        "video, frame 1:\n1.0 px, 1 missed",
        "video, frame 2:\n2.0 px, 1 spurious",
        "video, frame 0: 0.0 px",
    ]
    assert [[text.get_text() for text in each.texts] for each in axes] == [["missed"] * 2, ["missed"], ["spurious"], []]
    box = axes[2].patches[0]
    assert (box.get_x(), box.get_y(), box.get_width()) == (42 - 10, 180 - 10, 40 + 20)
    crosses = [line for line in axes[2].lines if line.get_marker() == "x"]
    assert np.isfinite([line.get_xydata() for line in crosses]).all(axis=(1, 2)).sum() == 9
    (left, right), (bottom, top) = axes[2].get_xlim(), axes[2].get_ylim()
    assert left <= 40 < 82 <= right
    assert top <= 30 < 180 <= bottom


def test_one_animal_is_not_boxed(draw, figures, predictions):
    predictions.loc[predictions["frame"] == 3, ["x", "y"]] = np.nan
    draw(predictions)
    assert "box" not in figures[0].get_suptitle()
    assert not any(axes.patches for axes in figures[0].axes)
    assert figures[0].get_suptitle().startswith("Worst 12 of 19 test frames")
