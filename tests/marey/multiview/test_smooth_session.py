"""Poses of a session: nearer to the truth than points, in gaps, by one view, with exchanged sides, in batches."""

import numpy as np
import pytest

from marey.multiview import cameras as rig_of
from marey.multiview import smooth_session as module
from marey.multiview.smooth_session import bridged, smooth_session
from marey.multiview.triangulate_session import triangulate_session
from marey.tables import files
from marey.tables.points import COVARIANCE, POINTS
from marey.tables.poses3d import POSES3D
from marey.tables.tracks import TRACKS

from . import session

CONFIG = {
    **session.CONFIG,
    "skeleton": [["nose", "left_ear"], ["nose", "right_ear"], ["left_ear", "tail"], ["right_ear", "tail"]],
    "max_gap": 0.2,
}


def run(made: session.Session, folder, **changed):
    config = {**CONFIG, **changed}
    points, out = folder / "points.parquet", folder / "poses3d.parquet"
    triangulate_session(made.tables, made.probes, points, config=config)
    smooth_session(made.tables, points, out, config=config, provenance={"a": 1})
    assert files.read_provenance(out) == {"a": 1}
    return files.read(points, POINTS), files.read(out, POSES3D)


def errors(rows, truth):
    """Distances f64[frame, keypoint], NaN where there is no position."""
    return np.linalg.norm(rows[list("xyz")].to_numpy(float).reshape(truth.shape) - truth, axis=-1)


@pytest.mark.parametrize("noise", [0.3, 3.0])
def test_smoothed_is_nearer_and_knows_how_near(tmp_path, noise):
    made = session.make(tmp_path, 120, noise=noise)
    points, poses = run(made, tmp_path)
    before, after = errors(points, made.truth), errors(poses, made.truth)
    assert after.mean() < 0.98 * before.mean()
    assert (poses["state"] == "measured").all()
    error = (poses[list("xyz")].to_numpy(float).reshape(made.truth.shape) - made.truth).reshape(-1, 3)
    matrix = np.empty((len(poses), 3, 3))
    at = np.triu_indices(3)
    matrix[:, *at] = matrix[:, at[1], at[0]] = poses[list(COVARIANCE)]
    squares = np.einsum("ni,nij,nj->n", error, np.linalg.inv(matrix), error)
    assert (squares < 7.815).mean() > 0.93
    assert squares.mean() > 1
    cameras = rig_of.read_cameras(made.cameras)
    seen = np.stack([rig_of.project(camera, poses[list("xyz")].to_numpy(float)) for camera in cameras], axis=1)
    away = np.linalg.norm(seen - made.seen.reshape(-1, 4, 2), axis=-1)
    whole = poses["views_used"] == 4
    assert np.allclose(poses["reproj_px"][whole], np.sqrt((away[whole] ** 2).mean(axis=1)), rtol=1e-3)


def damage(seen, chance):
    wrong, missing = (chance.random(seen.shape[:3]) < share for share in (0.1, 0.2))
    seen[wrong] = chance.uniform(0, 1, (wrong.sum(), 2)) * [640, 480]
    seen[missing] = np.nan


def test_outliers_and_missing_views_leave_no_hole_and_no_leap(tmp_path):
    made = session.make(tmp_path, 120, change=damage)
    points, poses = run(made, tmp_path)
    before, after = errors(points, made.truth), errors(poses, made.truth)
    assert np.isnan(before).mean() > 0.04
    assert not np.isnan(after).any()
    assert np.quantile(after, 0.99) < 8
    assert after.mean() < np.nanmean(before)


def test_a_single_view_counts(tmp_path):
    def change(seen, chance):
        seen[60:90, :, 1:] = np.nan

    made = session.make(tmp_path, 120, change=change)
    points, poses = run(made, tmp_path)
    rows = poses[(poses["frame"] >= 60) & (poses["frame"] < 90)]
    assert points["x"].isna().sum() == 30 * 4
    assert (rows["state"] == "measured").all()
    assert (rows["views_used"] == 1).mean() > 0.9
    with_view = errors(poses, made.truth)[60:90].mean()
    session.make(tmp_path, 120, change=lambda seen, chance: seen.__setitem__(slice(60, 90), np.nan))
    without = errors(run(made, tmp_path, max_gap=5.0)[1], made.truth)[60:90].mean()
    assert with_view < 0.5 * without


def test_short_gaps_are_bridged_and_long_ones_and_ends_are_not(tmp_path):
    def change(seen, chance):
        seen[50:54] = np.nan
        seen[80:100] = np.nan
        seen[140:] = np.nan
        seen[:, 3] = np.nan  # never seen

    made = session.make(tmp_path, 150, change=change)
    _, poses = run(made, tmp_path)
    state = poses["state"].to_numpy().reshape(150, 4)
    assert (state[50:54, :3] == "bridged").all()
    assert (state[80:100] == "gap").all()
    assert (state[140:] == "gap").all()
    assert (state[:, 3] == "gap").all()
    assert ((poses["state"] == "gap") == poses["x"].isna()).all()
    assert ((poses["state"] == "measured") == poses["reproj_px"].notna()).all()
    assert np.nanmax(errors(poses, made.truth)[50:54]) < 10


def test_a_session_in_which_no_camera_tracks_anything_has_no_rows(tmp_path):
    made = session.make(tmp_path, 30)
    for path in made.tracks.values():
        files.write(path, files.empty(TRACKS), TRACKS)
    points, poses = run(made, tmp_path)
    assert points.empty
    assert poses.empty


@pytest.mark.parametrize("frames", [1, 2])
def test_a_session_of_a_frame_or_two_has_its_points(tmp_path, frames):
    made = session.make(tmp_path, frames)
    points, poses = run(made, tmp_path)
    assert len(points) == len(poses) == 4 * frames
    assert errors(poses, made.truth).max() < 5


def test_a_gap_of_hours_leaves_no_rows_in_between_and_no_leap(tmp_path):
    made = session.make(tmp_path, 120)
    times = np.concatenate([np.arange(60) / session.FPS, 5 * 3600 + np.arange(60) / session.FPS])
    for path in made.frames.values():
        session.write_frames(path, times)
    _, poses = run(made, tmp_path)
    assert len(poses) == 120 * 4
    assert np.nanmax(errors(poses, made.truth)) < 5


def test_exchanged_sides_do_no_harm(tmp_path):
    def change(seen, chance):
        frames, views = np.arange(0, 100, 7), np.arange(0, 100, 7) % 4
        seen[frames[:, None], [1, 2], views[:, None]] = seen[frames[:, None], [2, 1], views[:, None]]

    plain = errors(run(session.make(tmp_path, 100), tmp_path)[1], session.walk(100))
    _, poses = run(session.make(tmp_path, 100, change=change), tmp_path)
    assert errors(poses, session.walk(100)).mean() < 1.03 * plain.mean()
    assert poses["views_used"].mean() > 3.95


def test_batches_change_next_to_nothing(tmp_path, monkeypatch):
    made = session.make(tmp_path, 120, change=damage)
    _, whole = run(made, tmp_path)
    monkeypatch.setattr(module, "BATCH", 240)  # points: 60 times
    monkeypatch.setattr(module, "MARGIN", 40)
    _, parts = run(made, tmp_path)
    assert parts[["frame", "keypoint", "state"]].equals(whole[["frame", "keypoint", "state"]])
    assert np.abs(parts[list("xyz")] - whole[list("xyz")]).max().max() < 0.02


def test_points_of_another_session_are_refused(tmp_path):
    made = session.make(tmp_path, 60)
    run(made, tmp_path)
    files.write(tmp_path / "points.parquet", files.read(tmp_path / "points.parquet", POINTS)[:-1], POINTS)
    with pytest.raises(ValueError, match=r"points.parquet: has 239 rows of the times 0 to 60, expected 240"):
        smooth_session(made.tables, tmp_path / "points.parquet", tmp_path / "out", config=CONFIG)


def test_a_gap_lasts_from_the_last_view_to_the_next():
    measured = np.array([False, True, False, False, True, False])[:, None]
    time = np.array([0, 0.1, 0.2, 0.3, 0.4, 0.5])
    assert bridged(measured, time, max_gap=0.3)[:, 0].tolist() == [False, False, True, True, False, False]
    assert not bridged(measured, time, max_gap=0.29).any()


def test_a_session_that_is_too_short_to_learn_from_is_hardly_smoothed(tmp_path):
    """In 20 frames nothing is learnt of how the animal moves: it may leap."""
    made = session.make(tmp_path, 20, noise=0.3, change=lambda seen, chance: seen.__setitem__(slice(10), seen[10:]))
    made.truth[:10] = made.truth[10:]  # back to the beginning
    points, poses = run(made, tmp_path)
    before, after = errors(points, made.truth), errors(poses, made.truth)
    assert np.isfinite(after).all()
    assert after.mean() < 1.02 * before.mean()
    assert after[9:11].max() < 3


@pytest.mark.parametrize("noise", [0.3, 3.0])
@pytest.mark.parametrize("correlation", [0.0, 0.8, 0.95])
def test_doubt_is_right_where_errors_last(tmp_path, noise, correlation):
    def change(seen, chance):
        seen += noise * session.lasting(seen.shape, correlation, chance)

    made = session.make(tmp_path, 700, noise=0.0, change=change)
    for at, path in enumerate(made.tracks.values()):
        session.write_tracks(path, made.seen[:, :, at], noise)
    points, poses = run(made, tmp_path)
    assert session.inside(points, made.truth) == pytest.approx(0.95, abs=0.025)
    assert 0.925 < session.inside(poses, made.truth) < 0.985  # bursts are reckoned with, and this animal has none
    assert errors(poses, made.truth).mean() < 1.01 * errors(points, made.truth).mean()


def test_doubt_is_right_where_views_share_lasting_errors(tmp_path):
    """A network that has the keypoint elsewhere on the body: no view contradicts, but labels say how far off it is."""

    def change(seen, chance):
        cameras = rig_of.read_cameras(tmp_path / "cameras.parquet")
        wrong = session.walk(len(seen)) + 2.0 * session.lasting((len(seen), 4, 3), 0.9, chance)
        for at, camera in enumerate(cameras):
            seen[:, :, at] = rig_of.project(camera, wrong) + chance.normal(size=(*seen.shape[:2], 2))

    session.make(tmp_path, 5)
    made = session.make(tmp_path, 700, noise=0.0, change=change)
    cameras = rig_of.read_cameras(made.cameras)
    exact = np.stack([rig_of.project(camera, made.truth) for camera in cameras], axis=2)
    sigma = np.sqrt(((made.seen - exact) ** 2).mean())
    for at, path in enumerate(made.tracks.values()):
        session.write_tracks(path, made.seen[:, :, at], sigma)
    points, poses = run(made, tmp_path)
    assert points["noise_factor"].iloc[0] == pytest.approx(1 / sigma, rel=0.05)
    assert session.inside(points, made.truth) == pytest.approx(0.95, abs=0.025)
    assert session.inside(poses, made.truth) == pytest.approx(0.95, abs=0.03)
