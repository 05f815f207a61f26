import numpy as np
import pytest

from marey.synth.tracing import SKIN_TOLERANCE, Solids, hidden, project_solids, trace

from ..made_mice import FAR, camera


def ball(x, y, z, radius):
    centre = np.array([[[x, y, z]] * 2], float)
    return Solids(centre, np.full((1, 2), radius, np.float32), np.zeros((0, 3, 3)))


def test_a_ball_is_a_circle_with_its_top_nearest():
    seen = trace(project_solids(ball(5, -3, 0, 10), camera()), (120, 80))
    rows, columns = np.nonzero(seen.inside > 0)
    centre = (columns.mean() + 0.5 + seen.columns.start, rows.mean() + 0.5 + seen.rows.start)
    np.testing.assert_allclose(centre, (60 + 10, 40 + 6), atol=0.05)
    assert len(rows) == pytest.approx(np.pi * 20**2, rel=0.01)
    assert seen.depth.min() == pytest.approx(FAR - 10, abs=0.05)


def test_a_disc_is_an_ellipse_in_its_plane():
    tilt = np.radians(40)
    axes = [[0, 0, 0], [12 * np.cos(tilt), 0, 12 * np.sin(tilt)], [0, 8, 0]]
    solids = Solids(np.zeros((0, 2, 3)), np.zeros((0, 2), np.float32), np.array([axes], float))
    seen = trace(project_solids(solids, camera()), (120, 80))
    inside = seen.inside > 0
    assert inside.sum() == pytest.approx(np.pi * 24 * np.cos(tilt) * 16, rel=0.02)
    row, column = 40 - seen.rows.start, 70 - seen.columns.start  # 5.25 mm to the right of the middle: 2 px a mm
    assert FAR - seen.depth[row, column] == pytest.approx(5.25 * np.tan(tilt), abs=0.1)


def test_what_is_out_of_the_image_is_not_traced():
    assert trace(project_solids(ball(200, 0, 0, 10), camera()), (120, 80)) is None
    assert trace(project_solids(ball(30, 0, 0, 10), camera()), (120, 80)).columns.stop == 120


def test_a_point_is_hidden_behind_others_and_deep_in_its_own():
    looking = camera()
    outlines = [project_solids(ball(0, 0, 10, 10), looking), project_solids(ball(12, 0, 40, 10), looking)]
    deep = 20 - SKIN_TOLERANCE
    points = np.array(
        [
            [[0, 0, deep + 1], [0, 0, deep - 1], [9, 0, 14], [-9, 0, 14]],  # the third lies under the other ball
            [[12, 0, 50], [12, 0, 33], [12, 0, 50], [0, 5, 19]],  # the last one's own ball is elsewhere
        ],
        float,
    )
    position, depth = looking.project(points)
    expected = [[False, True, True, False], [False, True, False, False]]
    np.testing.assert_array_equal(hidden(outlines, position, depth), expected)


def test_solids_traced_together_are_seen_as_each_alone():
    chance = np.random.default_rng(0)
    starts = chance.uniform(-20, 20, (30, 3)) * [1, 0.6, 0.3]
    ends = np.stack([starts, starts + chance.normal(0, 4, starts.shape)], axis=1)
    radii = (chance.uniform(1, 9, (30, 2)) * chance.choice([0.3, 1], (30, 1))).astype(np.float32)
    discs = np.array([[[5, 5, 20], [6, 0, 2], [0, 5, 0]], [[90, 0, 0], [6, 0, 0], [0, 5, 0]]], float)
    seen = trace(project_solids(Solids(ends, radii, discs), camera()), (120, 80))
    depth, inside = np.full((80, 120), np.inf), np.full((80, 120), -np.inf)
    for k in range(31):
        one = slice(k, k + 1)
        lone = Solids(ends[one], radii[one], discs[: k == 30])
        alone = trace(project_solids(lone, camera()), (120, 80))
        window = (alone.rows, alone.columns)
        inside[window] = np.maximum(inside[window], alone.inside)
        depth[window] = np.where(alone.inside >= 0, np.minimum(depth[window], alone.depth), depth[window])
    there = inside[seen.rows, seen.columns]
    covered = [np.clip(each + 0.5, 0, 1) for each in (seen.inside, there)]  # all that painting asks
    np.testing.assert_allclose(*covered, atol=0.05)
    assert (there > 0).sum() == (inside > 0).sum()
    np.testing.assert_allclose(seen.depth[there > 0], depth[seen.rows, seen.columns][there > 0], atol=0.01)
