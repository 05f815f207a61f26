"""The table of points: every time and point has a row, factors are learnt, batches and damaged input change nothing."""

import numpy as np
import pytest

from marey.multiview import triangulate_session as module
from marey.multiview.triangulate_session import triangulate_session
from marey.tables import files
from marey.tables.points import COVARIANCE, POINTS

from . import session


def run(made: session.Session, folder, **changed):
    out = folder / "points.parquet"
    config = {**session.CONFIG, **changed}
    triangulate_session(made.tables, made.probes, out, config=config, provenance={"a": 1})
    assert files.read_provenance(out) == {"a": 1}
    return files.read(out, POINTS)


def positions(rows, truth):
    return rows[list("xyz")].to_numpy(float).reshape(truth.shape)


def test_points_are_where_they_are_with_as_much_doubt(tmp_path):
    made = session.make(tmp_path, 300, noise=2.0)
    rows = run(made, tmp_path)
    assert rows["keypoint"].tolist() == list(session.KEYPOINTS) * 300
    error = (positions(rows, made.truth) - made.truth).reshape(-1, 3)
    matrix = np.empty((len(rows), 3, 3))
    at = np.triu_indices(3)
    matrix[:, *at] = matrix[:, at[1], at[0]] = rows[list(COVARIANCE)]
    inside = np.einsum("ni,nij,nj->n", error, np.linalg.inv(matrix), error) < 7.815
    assert inside.mean() == pytest.approx(0.95, abs=0.025)
    assert rows["noise_factor"].iloc[0] == pytest.approx(1, abs=0.05)
    assert rows["reproj_px"].mean() == pytest.approx(2.0 * np.sqrt(2 * 5 / 8), rel=0.05)  # 5 of 8 degrees are free


def test_sigma_that_is_wrong_is_learnt(tmp_path):
    made = session.make(tmp_path, 200, noise=3.0)
    for at, path in enumerate(made.tracks.values()):
        session.write_tracks(path, made.seen[:, :, at], 0.5)
    rows = run(made, tmp_path)
    assert rows["noise_factor"].iloc[0] == pytest.approx(6, rel=0.05)
    assert (rows["views_used"] == 4).mean() > 0.98


def test_every_time_has_a_row_whatever_is_missing(tmp_path):
    def change(seen, chance):
        seen[10:20] = np.nan  # nobody sees the animal
        seen[20:30, :, 1:] = np.nan  # one camera does
        seen[30:, 0] = np.nan  # never again the nose

    made = session.make(tmp_path, 60, change=change)
    session.write_frames(made.frames["view2"], np.arange(50) / session.FPS)  # ends early
    rows = run(made, tmp_path)
    assert len(rows) == 60 * 4
    seen = rows["views_seen"].to_numpy().reshape(60, 4)
    assert not seen[10:20].any()
    assert (seen[20:30] == 1).all()
    assert (seen[30:50, 1:] == 4).all()
    assert (seen[50:, 1:] == 3).all()
    given = np.isfinite(positions(rows, made.truth)).all(axis=-1)
    assert np.array_equal(given, seen >= 2)
    assert ((rows["views_used"] == 0) == rows["x"].isna()).all()
    assert (rows["x"].isna() == rows["var_x"].isna()).all()


def test_batches_change_nothing(tmp_path, monkeypatch):
    made = session.make(tmp_path, 40)
    whole = run(made, tmp_path)
    monkeypatch.setattr(module, "BATCH", 12)
    monkeypatch.setattr(files, "ROW_GROUP", 20)
    assert run(made, tmp_path).drop(columns="noise_factor").equals(whole.drop(columns="noise_factor"))


def test_a_camera_that_runs_late_is_put_right_by_its_offset(tmp_path):
    made = session.make(tmp_path, 60, noise=0.2)
    session.write_tracks(made.tracks["view3"], made.seen[3:, :, 2], 0.2)  # its frame 0 is at the time of frame 3
    session.write_frames(made.frames["view3"], np.arange(57) / session.FPS)
    rows = run(made, tmp_path, offsets={"view3": 3 / session.FPS})
    assert len(rows) == 60 * 4
    assert np.abs(positions(rows, made.truth) - made.truth).max() < 2
    assert (rows["views_used"][12:] == 4).all()


def test_damaged_frames_and_doubtful_points_are_not_seen(tmp_path):
    made = session.make(tmp_path, 10)
    path = made.tracks["view1"]
    rows = files.read(path, session.TRACKS)
    rows.loc[rows["frame"] == 4, "fault"] = True
    rows.loc[rows["frame"] == 5, "confidence"] = 0.05
    files.write(path, rows, session.TRACKS)
    found = run(made, tmp_path)["views_seen"].to_numpy().reshape(10, 4)
    assert (found == 3).all(axis=1).tolist() == [False] * 4 + [True] * 2 + [False] * 4


def test_two_individuals_are_kept_apart_by_name(tmp_path):
    made = session.make(tmp_path, 20, noise=0.5)
    for at, path in enumerate(made.tracks.values()):
        session.write_tracks(tmp_path / "b.parquet", made.seen[:, ::-1, at], 0.5, individual="b")
        both = [files.read(part, session.TRACKS) for part in (path, tmp_path / "b.parquet")]
        files.write(path, session.pd.concat(both), session.TRACKS)
    rows = run(made, tmp_path, symmetry=[])
    for name, order in (("animal", 1), ("b", -1)):
        found = positions(rows[rows["individual"] == name], made.truth)
        assert np.abs(found - made.truth[:, ::order]).max() < 5


def test_a_video_of_another_size_is_refused(tmp_path):
    made = session.make(tmp_path, 5)
    session.write_probe(made.probes["view3"], (320, 240))
    with pytest.raises(ValueError, match="view3.mp4: has images of 320 x 240 px"):
        run(made, tmp_path)


def test_cameras_that_are_not_calibrated_are_named(tmp_path):
    made = session.make(tmp_path, 5)
    made.tracks["Top"] = made.tracks.pop("view1")
    with pytest.raises(ValueError, match=r"cameras.parquet: camera Top is not there; .* of view1, view2, view3, view4"):
        run(made, tmp_path)
    made.tracks.clear()
    with pytest.raises(ValueError, match="0 camera has poses; expected two cameras or more"):
        run(made, tmp_path)


def test_cameras_with_each_others_names_stop_the_session(tmp_path):
    made = session.make(tmp_path, 200, noise=1.0)
    one, two, *_ = made.tracks
    exchanged = made.tracks | {one: made.tracks[two], two: made.tracks[one]}
    with pytest.raises(ValueError, match=f"'{one}' and '{two}' seem to be exchanged"):
        run(made._replace(tracks=exchanged), tmp_path)
