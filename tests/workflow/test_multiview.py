"""Several cameras, from videos and a calibration to poses in space: right, and one bad session stops no other."""

import av
import numpy as np
import pandas as pd
import pytest

from marey.multiview.cameras import Camera
from marey.multiview.formats import calibration_toml
from marey.synth import animal
from marey.synth.cameras import build_camera
from marey.synth.film import film
from marey.synth.motion import simulate
from marey.synth.scene import Scene
from marey.tables import files
from marey.tables.labels import LABELS
from marey.tables.points import POINTS
from marey.tables.poses3d import POSES3D
from marey.tables.reprojected import REPROJECTED
from marey.tables.session_metrics import SESSION_METRICS

from .checkout import KEYPOINTS, Workflow, executed
from .finished import CAMERAS, finish

VIEWS = ("top", "front", "right")
FRAMES = 30
SCENE = Scene(size=(96, 64), frames=FRAMES, cameras=VIEWS, seed=1)
OF_A_SESSION = ("triangulate_session", "smooth_session")
AFTER_POSES = (
    "sync/good.parquet",
    "session_metrics/good.parquet",
    "reprojected/good.parquet",
    "clips/sessions/good.mp4",
    *(f"figures/{name}/good.png" for name in ("coverage", "limbs", "rig")),
    "exports/sessions/good.anipose.csv",
)


def calibrated(name: str) -> Camera:
    made = build_camera(SCENE, name)
    return Camera(name, made.size, "pinhole", made.K, np.zeros(5), made.R, made.t)


@pytest.fixture(scope="module")
def filmed(tmp_path_factory) -> Workflow:
    """Two sessions of a mouse, whose poses in the videos are the truth; of the second, two cameras are one."""
    root = tmp_path_factory.mktemp("filmed")
    rows = ["video\tpath\tsession\tcamera"]
    for session, views in (("good", VIEWS), ("bad", VIEWS[:2])):
        for name in views:
            video = f"{session}_{name}"
            (root / "data").mkdir(exist_ok=True)
            truth = film(SCENE, root / "data" / f"{video}.mp4", camera=name, gop=10)
            truth = truth[truth["keypoint"].isin(KEYPOINTS)].drop(columns=["annotator", "visibility"])
            truth.assign(confidence=0.9).to_csv(root / "data" / f"{video}.csv", index=False)
            if video == "good_top":
                truth[truth["frame"] == 7].assign(x=truth["x"] + 9).to_csv(root / "data" / "labels.txt", index=False)
            rows.append(f"{video}\t{video}.mp4\t{session}\t{name}")
    (root / "data" / "videos.tsv").write_text("\n".join(rows) + "\n")
    cameras = {name: calibrated(name) for name in VIEWS}
    calibration_toml.write(root / "data" / "good.toml", cameras.values())
    near = cameras["front"]._replace(rotation=cameras["top"].rotation, translation=cameras["top"].translation + 1)
    calibration_toml.write(root / "data" / "bad.toml", [cameras["top"], near])
    config = {"project": "p", "data": "data", "videos": "videos.tsv", "predictions": {"sources": ["*.csv"]}}
    config |= {"keypoints": KEYPOINTS, "cameras": {"calibration": "{session}.toml"}, "export": {"cameras": ["toml"]}}
    config |= {"labels": {"sources": ["labels.txt"]}, "skeleton": [KEYPOINTS[:2]]}
    config["export"]["sessions"] = ["anipose.csv"]
    config["triangulate"] = {"measurement_noise": 0.05}
    workflow = Workflow.checkout(root, config)
    tables = ("poses3d/good.parquet", "poses3d/bad.parquet", "exports/cameras/good.toml", *AFTER_POSES)
    asked = [f"results/p/{name}" for name in tables]
    workflow.first_output = workflow.forked("--", *asked, check=False, jobs=True)
    return workflow


def test_poses_in_space_are_where_the_mouse_is(filmed):
    chosen = [list(animal.KEYPOINTS).index(name) for name in KEYPOINTS]
    truth = np.stack([animal.keypoint_positions(SCENE, states)[0, chosen] for states in simulate(SCENE)])
    for name, schema, most in (("points", POINTS, 0.01), ("poses3d", POSES3D, 2)):  # mm; a pixel is 5 mm
        found = files.read(filmed.results / name / "good.parquet", schema)
        error = found[list("xyz")].to_numpy(float).reshape(truth.shape) - truth
        assert found["keypoint"].tolist() == KEYPOINTS * FRAMES
        assert np.linalg.norm(error, axis=-1).max() < most
    assert (found["state"] == "measured").all()
    exported = calibration_toml.read(filmed.results / "exports/cameras/good.toml")
    for camera in exported:
        assert camera.centre == pytest.approx(calibrated(camera.name).centre)


def test_what_follows_poses_agrees_with_them(filmed):
    metrics = files.read(filmed.results / "session_metrics/good.parquet", SESSION_METRICS)
    whole = metrics[metrics[["camera", "individual", "keypoint"]].eq("all").all(axis=1)].set_index("metric")["value"]
    assert whole["measured"] == 1
    assert whole["left_out_median"] < 0.5  # px
    poses = files.read(filmed.results / "poses3d/good.parquet", POSES3D).set_index(["frame", "keypoint"])
    exported = pd.read_csv(filmed.results / "exports/sessions/good.anipose.csv")
    np.testing.assert_allclose(exported[f"{KEYPOINTS[1]}_z"], poses.xs(KEYPOINTS[1], level="keypoint")["z"], rtol=1e-5)
    seen = files.read(filmed.results / "reprojected/good.parquet", REPROJECTED)
    labels = files.read(filmed.results / "labels/labels.parquet", LABELS)
    both = seen.merge(labels, on=["video", "frame", "keypoint"], suffixes=("", "_label"))
    assert both["frame"].tolist() == [7] * len(KEYPOINTS)
    np.testing.assert_allclose(both["x_label"] - both["x"], 9, atol=0.5)  # as far as the labels are wrong
    with av.open(filmed.results / "clips/sessions/good.mp4") as clip:
        assert len(list(clip.decode(video=0))) == FRAMES


def test_a_bad_calibration_stops_its_own_session_alone(filmed):
    done = executed(filmed.first_output)
    assert {done[rule] for rule in OF_A_SESSION} == {1}
    assert done["track_video"] == 5  # what needs no calibration goes on
    assert "camera front and top: they are at the same place: was one video used for both?" in filmed.first_output
    assert not (filmed.results / "points/bad.parquet").exists()


def test_one_offset_runs_the_sessions_that_it_is_of(filmed):
    cameras = filmed.config["cameras"]
    asked = ("--dry-run", "--", "results/p/poses3d/good.parquet")
    for offsets, planned in ({"bad": {"top": 1}}, False), ({"good": {"top": 1}}, True), ({"top": 1}, True):
        text = filmed.with_config(cameras={**cameras, "offsets": offsets}).forked(*asked)
        assert ("triangulate_session" in text) == planned, offsets


def test_another_calibration_runs_what_is_in_space_alone(filmed):
    path = filmed.root / "data" / "good.toml"
    text = path.read_text()
    path.write_text(text.replace("name =", "name  ="))
    planned = filmed.forked("--dry-run", "--", "results/p/poses3d/good.parquet")
    path.write_text(text)
    assert {"read_calibration", *OF_A_SESSION} <= set(planned.split())
    assert "track_video" not in planned


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Workflow:
    """A finished experiment of two cameras, which a board calibrated."""
    return finish(tmp_path_factory.mktemp("finished"), animals={"method": "single"}, cameras=CAMERAS)


def test_nothing_of_it_is_there_without_cameras(finished):
    plain = Workflow(finished.root, {key: value for key, value in finished.config.items() if key != "cameras"})
    asked = plain.forked("--dry-run", "--", "results/p/poses3d/s.parquet", check=False)
    assert "No rule to produce results/p/poses3d/s.parquet" in asked
    assert plain.planned() == {"check_labels": 1, "plot_suspects": 1}  # which other cameras had a say in


def test_a_film_of_the_board_that_is_another_runs_the_calibration(finished):
    path = finished.root / "data" / "board_top.mp4"
    text = path.read_text()
    path.touch()
    assert finished.planned() == {}
    path.write_text(text + "!")
    planned = finished.planned()
    path.write_text(text)
    once = ["probe_board", "detect_board", "calibrate_cameras", "export_cameras", *OF_A_SESSION]
    once += [
        "check_sync",
        "evaluate_session",
        "export_session",
        "plot_coverage",
        "plot_limbs",
        "plot_rig",
        "render_session",
    ]
    assert planned == dict.fromkeys([*once, "reproject_labels", "check_labels", "plot_suspects"], 1)


def test_a_session_whose_videos_are_away_is_said(finished):
    aside = (finished.root / "data" / "b.mp4").rename(finished.root / "data" / "archived")
    try:
        text = finished.forked("--dry-run")
        assert "Not analysed: video 'b'" in text
    finally:
        aside.rename(finished.root / "data" / "b.mp4")


def test_a_board_in_images_needs_no_probing(tmp_path):
    (tmp_path / "data").mkdir()
    for camera in ("top", "side"):
        for number in range(2):
            (tmp_path / "data" / f"{camera}{number}.png").touch()
    cameras = {**CAMERAS, "calibration": "{camera}*.png"}
    workflow = finish_in(tmp_path, cameras)
    asked = workflow.forked("--dry-run", "--", "results/p/cameras/all.parquet")
    assert "detect_board" in asked
    assert "probe_board" not in asked


def finish_in(root, cameras) -> Workflow:
    (root / "data" / "videos.tsv").write_text("video\tpath\tsession\tcamera\na\ta.mp4\ts\ttop\nb\tb.mp4\ts\tside\n")
    for name in "ab":
        (root / "data" / f"{name}.mp4").touch()
    config = {"project": "p", "data": "data", "videos": "videos.tsv", "keypoints": ["nose"], "cameras": cameras}
    return Workflow.checkout(root, config)
