"""Labels by the other cameras: exact without noise, and never by the frame's own camera."""

import numpy as np
import pandas as pd
import pytest

from marey.evaluation.reproject_labels import reproject_labels
from marey.multiview.cameras import project, read_cameras
from marey.tables import files
from marey.tables.labels import LABELS
from marey.tables.reprojected import REPROJECTED
from marey.tables.samples import SAMPLES

from ..multiview import session

VIEWS = {f"view{at}": f"video{at}" for at in range(1, 5)}
CONFIG = {**session.CONFIG, "symmetry": []}


def labels(seen, places, *, name="animal") -> pd.DataFrame:
    """Table `labels` that says f64[frame, keypoint, camera, 2] in frames of cameras, `places`: (frame, camera)."""
    rows = []
    for frame, camera in places:
        for at, keypoint in enumerate(session.KEYPOINTS):
            rows.append([f"video{camera + 1}", frame, name, keypoint, *seen[frame, at, camera]])
    table = pd.DataFrame(rows, columns=["video", "frame", "individual", "keypoint", "x", "y"])
    rest = {"visibility": "visible", "annotator": "me", "image": None, "source": "l.csv", "row": 1, "set_at": None}
    return table.assign(**rest)


def samples(places) -> pd.DataFrame:
    rows = pd.DataFrame([(f"video{camera + 1}", frame) for frame, camera in places], columns=["video", "frame"])
    return rows.assign(time=0.0, method="uniform", stratum=0, width=640, height=480, image=b"")


@pytest.fixture
def run(tmp_path):
    def run(made, given=None, sampled=None, **changed):
        session.write_truth(tmp_path, made.truth)
        paths = [None, None]
        for at, (table, schema) in enumerate(((given, LABELS), (sampled, SAMPLES))):
            if table is not None:
                paths[at] = tmp_path / f"{at}.parquet"
                files.write(paths[at], table, schema)
        out = tmp_path / "out.parquet"
        tables = made.tables, tmp_path / "points.parquet", *paths, out
        views = {camera: VIEWS[camera] for camera in made.tracks}
        reproject_labels(*tables, views=views, config={**CONFIG, **changed}, provenance={"a": 1})
        assert files.read_provenance(out) == {"a": 1}
        return files.read(out, REPROJECTED)

    return run


def distances(rows, seen):
    at = rows["keypoint"].map(session.KEYPOINTS.index), rows["video"].str[-1].astype(int) - 1
    return np.linalg.norm(rows[["x", "y"]].to_numpy(float) - seen[rows["frame"], *at], axis=1)


def test_a_place_is_where_the_others_see_it_whatever_the_camera_itself_says(run, tmp_path):
    def change(seen, chance):
        seen[:, :, 1] += 40  # of view2 nothing is right

    made = session.make(tmp_path, 30, noise=0.0, change=change)
    exact = np.stack([project(camera, made.truth) for camera in read_cameras(made.cameras)], axis=2)
    wrong = exact + 25
    rows = run(made, labels(wrong, [(4, 1)]), samples([(9, 1), (9, 0)]))
    assert rows[["video", "frame"]].drop_duplicates().to_numpy().tolist() == [
        ["video1", 9],
        ["video2", 4],
        ["video2", 9],
    ]
    assert len(rows) == 12
    assert distances(rows, exact).max() < 1e-3
    assert (rows["source"] == "reprojected").all()
    assert (rows["views"] == np.where(rows["video"] == "video2", 3, 2)).all()
    np.testing.assert_allclose(rows["confidence"], 0.9, rtol=1e-5)


def test_labels_of_other_cameras_go_before_what_networks_found(run, tmp_path):
    made = session.make(tmp_path, 10, noise=0.0)
    exact = made.seen.copy()
    for at, path in enumerate(made.tracks.values()):
        session.write_tracks(path, made.seen[:, :, at] + (8 if at else 0), 1.0)
    rows = run(made, labels(exact, [(5, 1), (5, 2), (5, 3)]), samples([(5, 0), (6, 0)]))
    away = distances(rows, exact)
    own = rows["video"].eq("video1")
    assert away[own & rows["frame"].eq(5)].max() < 1e-3
    assert away[own & rows["frame"].eq(6)].min() > 3
    np.testing.assert_allclose(rows["confidence"][own & rows["frame"].eq(5)], 1)


def test_sigma_is_the_spread_of_the_places(run, tmp_path):
    made = session.make(tmp_path, 200, noise=1.0)
    exact = np.stack([project(camera, made.truth) for camera in read_cameras(made.cameras)], axis=2)
    rows = run(made, None, samples([(frame, camera) for frame in range(0, 200, 2) for camera in range(4)]))
    scaled = distances(rows, exact) / rows["sigma_px"]
    assert (scaled**2).mean() == pytest.approx(2, rel=0.15)


def test_animals_are_called_as_their_labels_call_them(run, tmp_path):
    made = session.make(tmp_path, 10, noise=0.0)
    far = project(read_cameras(made.cameras)[0], made.truth + np.array([0, 150, 0]))
    for at, path in enumerate(made.tracks.values()):
        camera = read_cameras(made.cameras)[at]
        other = project(camera, made.truth + np.array([0, 150, 0]))
        session.write_tracks(tmp_path / "b.parquet", other, 1.0, individual="b")
        both = [files.read(part, session.TRACKS) for part in (path, tmp_path / "b.parquet")]
        files.write(path, pd.concat(both), session.TRACKS)
    seen = made.seen.copy()
    seen[3, :, 0] = far[3] + 2
    rows = run(made, labels(seen, [(3, 0)], name="animal"), samples([(4, 0)]))  # called as the other one
    labelled = rows[rows["frame"] == 3]
    assert labelled["individual"].unique().tolist() == ["animal"]
    np.testing.assert_allclose(
        labelled.set_index("keypoint").loc[list(session.KEYPOINTS), ["x", "y"]], far[3], atol=1e-2
    )
    assert sorted(set(rows.loc[rows["frame"] == 4, "individual"])) == ["animal", "b"]


def test_one_animal_is_that_one_however_far_its_label_is(run, tmp_path):
    made = session.make(tmp_path, 10, noise=0.0)
    rows = run(made, labels(made.seen * 0 + 5.0, [(3, 0)], name="me"))
    assert rows["individual"].unique().tolist() == ["me"]
    assert distances(rows, made.seen).max() < 1e-3


def test_what_belongs_to_no_time_or_session_is_left_out(run, tmp_path):
    made = session.make(tmp_path, 10, noise=0.0)
    given = [labels(made.seen, [(3, 0)]).assign(image="a.png")]
    given.append(labels(made.seen, [(3, 0)]).assign(video="elsewhere"))
    given.append(labels(made.seen, [(3, 0)]).assign(frame=400))
    assert len(run(made, pd.concat(given))) == 0
    assert len(run(made)) == 0


def test_two_cameras_have_no_others(run, tmp_path):
    made = session.make(tmp_path, 10, noise=0.0)
    for name in ("view3", "view4"):
        del made.tracks[name]
    assert len(run(made, labels(made.seen, [(3, 0)]))) == 0


def test_places_outside_of_the_image_are_left_out(run, tmp_path):
    made = session.make(tmp_path, 10, noise=0.0)
    middle = int(np.median(made.seen[:, :, 0, 0]))
    rows = files.read(made.cameras, session.CAMERAS)
    files.write(made.cameras, rows.assign(width=np.where(rows["camera"] == "view1", middle, 640)), session.CAMERAS)
    found = run(made, None, samples([(frame, 0) for frame in range(10)]))
    assert len(found) == (made.seen[:, :, 0, 0] < middle).sum()
    assert found["x"].max() <= middle
