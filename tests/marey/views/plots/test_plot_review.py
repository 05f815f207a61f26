"""The figure of moments to review."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from marey.experiment.skeletons import Skeleton
from marey.videos import reading
from marey.views.colors import individual_colors
from marey.views.plots.plot_review import plot_review

from ... import exchanges

SKELETON = Skeleton(("nose", "tail"), ((0, 1),))
MOMENTS = [(75, "animal1", "animal2", 0.4), (149, "animal1", "animal2", 0.12), (0, "animal2", "animal1", 0.03)]


@pytest.fixture
def draw(tmp_path, monkeypatch, figures):
    """Draw the moments; returns the timeline, and (heading, [axes]) of each moment."""

    def run(moments=MOMENTS, *, lost: tuple[int, ...] = (), most: int = 12):
        monkeypatch.setattr(reading, "read_frames", exchanges.reader(lost=lost))
        tables = exchanges.write(tmp_path, moments)
        config = {"review_moments": most, "min_confidence": 0.2}
        plot_review("v.mp4", *tables, tmp_path / "a.png", skeleton=SKELETON, config=config)
        timeline, *rows = figures[-1].subfigs
        places = [place for row in rows for place in row.subfigs if place.axes]
        return timeline.axes[0], [(place.get_suptitle(), place.axes) for place in places]

    return run


def test_the_timeline_has_all_moments_and_numbers_those_below(draw):
    timeline, rows = draw(most=2)
    np.testing.assert_allclose(timeline.lines[0].get_xydata(), [[2.5, 0.4], [149 / 30, 0.12], [0, 0.03]], atol=1e-6)
    assert sorted(text.get_text() for text in timeline.texts) == ["1", "2"]
    assert timeline.get_xlim() == pytest.approx((0, 149 / 30))
    assert len(rows) == 2


def test_moments_at_one_time_share_a_label(draw):
    timeline, _ = draw(
        [(75, "animal1", "animal2", 0.4), (20, "animal1", "animal2", 0.3), (76, "animal2", "animal1", 0.2)]
    )
    assert sorted(text.get_text() for text in timeline.texts) == ["1, 3", "2"]


def test_each_moment_is_named_and_shown_before_at_and_after(draw):
    _, rows = draw()
    headings = [heading for heading, _ in rows]
    assert headings == [
        "1.  frame 75   2.5 s   animal1 \u2194 animal2   40%",
        "2.  frame 149   5.0 s   animal1 \u2194 animal2   12%",
        "3.  frame 0   0.0 s   animal2 \u2194 animal1   3%",
    ]
    titles = [[axes.get_title(loc="left") for axes in places] for _, places in rows]
    assert titles == [["frame 60", "frame 75", "frame 90"], ["frame 134", "frame 149", ""], ["", "frame 0", "frame 15"]]
    for _, places in rows:
        marked = [axes.axison for axes in places]
        assert marked == [False, True, False]


def test_poses_are_in_the_individuals_colours(draw):
    _, rows = draw(MOMENTS[:1])
    before = rows[0][1][0].images[0].get_array()
    colors = individual_colors(["animal1", "animal2"])
    for name, color in colors.items():
        paint = np.rint(255 * np.array(to_rgb(color)))
        columns = np.nonzero((before == paint).all(axis=2))[1]
        assert (np.median(columns) < before.shape[1] / 2) == (name == "animal1")  # it comes from the left


def test_pictures_that_cannot_be_decoded_are_said(draw):
    _, rows = draw(MOMENTS[:1], lost=tuple(range(70)))
    first = rows[0][1][0]
    assert [text.get_text() for text in first.texts] == ["cannot be\ndecoded"]


def test_nothing_to_review_is_said(draw, figures):
    timeline, rows = draw([])
    assert rows == []
    assert len(timeline.texts) == 0
    assert figures[-1].get_suptitle() == "Review: nothing to review"
