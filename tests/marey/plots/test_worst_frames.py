"""Worst frames."""

import numpy as np
import pandas as pd
import pytest

from marey.plots.worst_frames import plot_worst_frames
from marey.tables import dataset, files, pooled


@pytest.fixture
def draw(tmp_path, skeleton, predictions, encode):
    def run(predictions=predictions, frames=range(25)):
        image = encode(np.full((100, 160, 3), 99, np.uint8))
        rows = {"video": "video", "frame": list(frames), "width": 160, "height": 100, "image": image}
        rows = pd.DataFrame(rows).assign(individuals=[["mouse"]] * len(frames), points=[[0.0] * 6] * len(frames))
        files.write(tmp_path / "d.parquet", rows.assign(visibility=[[0] * 3] * len(frames)), dataset.SCHEMA)
        files.write(tmp_path / "p.parquet", predictions, pooled.SCHEMA)
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
