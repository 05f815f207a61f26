"""Trajectories."""

import numpy as np
import pandas as pd
import pytest

from marey.tables import files
from marey.tables.smoothed import SMOOTHED
from marey.views.colors import individual_colors
from marey.views.plots.plot_trajectories import plot_trajectories


@pytest.fixture
def draw(tmp_path, skeleton, figures):
    def run(rows, background=None):
        files.write(tmp_path / "s.parquet", rows, SMOOTHED)
        plot_trajectories(tmp_path / "s.parquet", tmp_path / "a.png", skeleton=skeleton, background=background)
        return {axes.get_ylabel(): axes for axes in figures[0].axes}, figures[0].axes

    return run


def test_lines_break_at_gaps(draw, motion):
    named, _ = draw(motion[1])
    tail = named["x (px)"].lines[2].get_ydata()
    assert np.isnan(tail[100:150]).all()
    np.testing.assert_allclose(tail[150:], 120 + np.arange(150, 300))
    assert named["x (px)"].get_xlim() == pytest.approx((0, 299 / 30))


def test_path_is_the_middle_of_the_keypoints_over_the_background(draw, motion):
    _, axes = draw(motion[1], np.zeros((200, 500, 3), np.uint8))
    path = axes[2]
    segments = np.array(path.collections[0].get_segments())
    np.testing.assert_allclose(segments[0, 0], [110, 85])
    np.testing.assert_allclose(segments[120, 0], [105 + 120, 82.5])  # without the lost tail
    assert path.get_xlim() == (0, 500)
    assert path.get_ylim() == (200, 0)


def test_long_videos_are_thinned(draw, motion):
    rows = pd.concat([motion[1].assign(frame=motion[1]["frame"] + 300 * i) for i in range(40)])
    named, _ = draw(rows.assign(time=rows["frame"] / 30))
    assert len(named["x (px)"].lines[0].get_ydata()) <= 6000


@pytest.mark.parametrize("rows", [0, 30])
def test_no_positions(draw, motion, rows):
    table = motion[1].head(rows).assign(x=np.nan, y=np.nan, state="gap")
    _, axes = draw(table)
    assert axes[2].texts[0].get_text() == "no positions"


def test_several_animals_are_told_apart_by_colour(draw, several, figures):
    _, axes = draw(several[1])
    colors = individual_colors(["animal1", "animal2", "animal10"])
    over_time = axes[1].lines
    assert [line.get_color() for line in over_time] == list(colors.values())
    one, two, ten = (line.get_ydata() for line in over_time)
    np.testing.assert_allclose(one[[0, 120]], [85, 82.5])  # the middle, and without the lost tail
    np.testing.assert_allclose(two[[0, 120]], [125, 122.5])
    assert np.isnan(two[50:80]).all()
    assert len(ten) == 60
    paths = [line for line in axes[2].lines if line.get_linestyle() == "-"]
    assert [line.get_color() for line in paths] == list(colors.values())
    np.testing.assert_allclose(paths[1].get_xydata()[299], [110 + 299, 125])
    texts = [text.get_text() for legend in figures[0].subfigs[0].legends for text in legend.get_texts()]
    assert texts == list(colors)


def test_objects_are_marked_where_they_lie(draw, several):
    table = several[1]
    cup = table[table["individual"] == "animal1"].query("keypoint == 'ear'").assign(individual="unique", x=7.0, y=9.0)
    _, axes = draw(pd.concat([table[table["keypoint"] != "ear"], cup]))
    (mark,) = [line for line in axes[2].lines if line.get_marker() == "x"]
    np.testing.assert_allclose(mark.get_xydata(), [[7, 9]])
    assert [text.get_text() for text in axes[2].texts] == ["ear"]
