"""Coverage and error by camera: shares over time, views as parts of a whole, errors as the metrics have them."""

import numpy as np
import pandas as pd
import pytest

from marey.experiment.skeletons import Skeleton
from marey.tables import files
from marey.tables.poses3d import POSES3D
from marey.tables.session_metrics import SESSION_METRICS
from marey.views.plots import plot_coverage as module
from marey.views.plots.plot_coverage import plot_coverage, read_coverage

from ...multiview import session

SKELETON = Skeleton(session.KEYPOINTS)
CAMERAS = ["cam2", "cam10"]


def metrics(*, left_out=True, animals=("animal",)):
    """A table `session_metrics` of two cameras."""
    rows = []
    for camera in ("all", *CAMERAS):
        for at, keypoint in enumerate(("all", *session.KEYPOINTS)):
            place = {"camera": camera, "individual": "all", "keypoint": keypoint, "other": None}
            worse = 4.0 if camera == "cam10" else 1.0
            values = {
                "seen": ("fraction", 0.8, 100),
                "rejected": ("fraction", 0.25, 60),
                "exchanged": ("fraction", 0.05, 60),
                "reprojection_median": ("px", 0.5 * worse, 80),
                "left_out_median": ("px", worse + at if left_out else np.nan, 80),
                "left_out_p95": ("px", 3 * worse if left_out else np.nan, 80),
            }
            for name, (unit, value, points) in values.items():
                rows.append({**place, "metric": name, "unit": unit, "value": value, "points": points})
    for animal in (*animals, "all"):
        for state, value in (("measured", 0.75), ("bridged", 0.125)):
            place = {"camera": "all", "individual": animal, "keypoint": "all", "other": None}
            rows.append({**place, "metric": state, "unit": "fraction", "value": value, "points": 1})
    return pd.DataFrame(rows)


@pytest.fixture
def draw(tmp_path, figures):
    def run(state="measured", **options):
        session.write_truth(tmp_path, session.walk(40), state)
        files.write(tmp_path / "m.parquet", metrics(**options), SESSION_METRICS)
        tables = tmp_path / "m.parquet", tmp_path / "poses3d.parquet"
        plot_coverage(*tables, tmp_path / "c.png", session="s", skeleton=SKELETON)
        return figures[0].axes

    return run


def test_coverage_over_time(tmp_path, monkeypatch):
    state = np.full((40, 4), "measured", object)
    state[:10, 0], state[10:20] = "bridged", "gap"
    session.write_truth(tmp_path, session.walk(40), state.ravel())
    monkeypatch.setattr(module, "TIME_BINS", 4)
    monkeypatch.setattr(files, "ROW_GROUP", 13)
    edges, shares = read_coverage(tmp_path / "poses3d.parquet")
    np.testing.assert_allclose(edges, np.linspace(0, 39 / session.FPS, 5))
    expected = [[0.75, 0, 1, 1], [0.25, 0, 0, 0], [0, 1, 0, 0]]
    np.testing.assert_allclose(shares["animal"], expected)


def test_strips_say_their_shares(draw):
    strip = draw()[0]
    assert strip.get_ylabel() == "animal"
    assert [text.get_text() for text in strip.texts][:2] == ["75.0%", "12.5%"]


def test_views_are_parts_of_a_whole(draw):
    views = draw()[1]
    assert [text.get_text() for text in views.get_yticklabels()] == CAMERAS  # as people count
    widths = np.array([bar.get_width() for bar in views.patches]).reshape(4, 2)
    placed = 0.6  # 60 of 100
    np.testing.assert_allclose(widths[:, 0], [placed * 0.7, placed * 0.05, placed * 0.25, 0.8 - placed])


def test_errors_are_those_of_the_metrics(draw):
    errors, cells = draw()[2:4]
    dots = [line for line in errors.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(dots[0].get_xdata(), [1, 4])
    np.testing.assert_allclose(dots[1].get_xdata(), [0.5, 2])
    shown = cells.images[0].get_array()
    np.testing.assert_allclose(shown[:, 1], [1, 2, 3, 4, 5])
    np.testing.assert_allclose(shown[:, 2], [4, 5, 6, 7, 8])
    assert "from what the other cameras see" in cells.get_title(loc="left")
    assert len(cells.texts) == 15


def test_of_two_cameras_the_errors_from_the_pose_are_shown(draw):
    cells = draw(left_out=False)[3]
    np.testing.assert_allclose(cells.images[0].get_array()[:, 1:], [[0.5, 2]] * 5)
    assert "from the pose" in cells.get_title(loc="left")


def test_a_session_without_animals(tmp_path, figures):
    files.write(tmp_path / "p.parquet", files.empty(POSES3D), POSES3D)
    rows = metrics(animals=()).assign(value=np.nan, points=0)
    files.write(tmp_path / "m.parquet", rows, SESSION_METRICS)
    plot_coverage(tmp_path / "m.parquet", tmp_path / "p.parquet", tmp_path / "c.png", session="s", skeleton=SKELETON)
    texts = [text.get_text() for axes in figures[0].axes for text in axes.texts]
    assert "no positions" in texts
    assert "no views to compare" in texts
