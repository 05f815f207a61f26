import numpy as np
import pandas as pd
import pytest

from marey.synth import animal, truth
from marey.synth.animal import KEYPOINTS
from marey.synth.motion import STATE_DTYPE
from marey.synth.render import Renderer
from marey.synth.scene import CAMERA_DIRECTIONS, Scene
from marey.synth.scenery import shelter_boxes


def truth_in_space(renderer, frames):
    """Frame, individual, keypoint, X, Y, Z (mm), keypoints in the order of KEYPOINTS."""
    frames = list(frames)
    positions = [animal.keypoint_positions(renderer.scene, states) for states in renderer.states[frames]]
    positions = np.reshape(positions, (-1, 3))
    names = ["frame", "individual", "keypoint"]
    rows = pd.MultiIndex.from_product([frames, renderer.scene.names, KEYPOINTS], names=names).to_frame(index=False)
    return rows.assign(X=positions[:, 0], Y=positions[:, 1], Z=positions[:, 2])


@pytest.mark.parametrize("camera", CAMERA_DIRECTIONS)
def test_truth_in_the_picture_is_the_projected_truth_in_space(camera):
    renderer = Renderer(Scene(individuals=3, frames=30, seed=7, cameras=(camera,)), camera)
    flat = truth.truth_labels(renderer, range(0, 30, 3), video="a")
    space = truth_in_space(renderer, range(0, 30, 3))
    keys = ["frame", "individual", "keypoint"]
    pd.testing.assert_frame_equal(flat[keys], space[keys])
    projected = renderer.camera.project(space[["X", "Y", "Z"]].to_numpy())[0]
    np.testing.assert_allclose(flat[["x", "y"]].to_numpy(), projected, rtol=1e-12)


def test_rows_are_complete_and_ordered():
    labels = truth.truth_labels(Renderer(Scene(individuals=2, frames=9)), [4, 8], video="v")
    assert list(labels.columns) == ["video", "frame", "individual", "keypoint", "x", "y", "visibility", "annotator"]
    assert list(labels["keypoint"]) == list(KEYPOINTS) * 4
    assert list(labels["individual"]) == (["mouse1"] * 8 + ["mouse2"] * 8) * 2
    assert list(labels["frame"]) == [4] * 16 + [8] * 16
    assert labels["frame"].dtype == np.int64
    assert labels["x"].dtype == np.float64
    assert set(labels["video"]) == {"v"}
    assert set(labels["annotator"]) == {"truth"}


def test_no_frames_give_an_empty_table():
    labels = truth.truth_labels(Renderer(Scene(frames=1)), [], video="v")
    assert len(labels) == 0
    assert "visibility" in labels


def test_cameras_agree_on_space():
    scene = Scene(individuals=2, frames=4, cameras=("top", "front"))
    one, other = (truth_in_space(Renderer(scene, camera), range(4)) for camera in scene.cameras)
    pd.testing.assert_frame_equal(one, other)


def test_identities_move_smoothly():
    space = truth_in_space(Renderer(Scene(individuals=3, frames=200, seed=2)), range(200))
    paths = space.set_index(["individual", "keypoint", "frame"])[["X", "Y"]].to_numpy()  # rows are frame-major
    paths = paths.reshape(200, 3, 8, 2)
    assert np.linalg.norm(np.diff(paths[:, :, 3], axis=0), axis=-1).max() < 15  # mm per frame, body centres
    assert np.linalg.norm(paths[:, 0, 3] - paths[:, 1, 3], axis=-1).max() > 60  # so a swap would show


def placed(individuals, camera, *, position=(0.0, 0.0), **options):
    """A renderer whose only frame has straight animals heading for +X with shoulders at `position`."""
    renderer = Renderer(Scene(individuals=individuals, frames=1, cameras=(camera,), noise=0.0, **options), camera)
    renderer.states = np.zeros((1, individuals), STATE_DTYPE)
    renderer.states["position"] = position
    return renderer


def visibility(renderer):
    labels = truth.truth_labels(renderer, [0], video="v")
    return labels.set_index(["individual", "keypoint"])["visibility"]


def test_a_shelter_hides_what_is_under_it():
    centre = shelter_boxes(Scene(occluder=True))[0].mean(axis=0)[:2]
    under = visibility(placed(1, "top", position=centre + np.array([20, 0]), occluder=True))["mouse1"]
    assert set(under[["left_ear", "right_ear", "body_centre", "left_hip", "right_hip"]]) == {"occluded"}
    away = visibility(placed(1, "top", position=np.where(centre > 0, -120, 120) * [1, 0.5], occluder=True))["mouse1"]
    assert set(away) == {"visible"}
    bare = visibility(placed(1, "top", position=centre + np.array([20, 0])))["mouse1"]
    assert set(bare) == {"visible"}


def test_the_picture_shows_the_shelter_where_the_truth_says_occluded():
    centre = shelter_boxes(Scene(occluder=True))[0].mean(axis=0)[:2]
    hidden, elsewhere = (
        placed(1, "top", position=place, occluder=True)
        for place in (centre + np.array([20, 0]), np.where(centre > 0, -120, 120))
    )
    labels = truth.truth_labels(hidden, [0], video="v")
    difference = np.abs(hidden.frame(0).astype(int) - elsewhere.frame(0)).sum(axis=-1)
    for row in labels.itertuples():
        changed = difference[int(row.y), int(row.x)]
        assert changed == 0 if row.visibility == "occluded" else changed > 5, row


def test_the_upper_animal_hides_the_lower():
    seen = visibility(placed(2, "top"))
    trunk = ["body_centre", "left_hip", "right_hip"]
    assert set(seen["mouse2"][trunk]) == {"visible"}
    assert set(seen["mouse1"][trunk]) == {"occluded"}
    apart = placed(2, "top")
    apart.states["position"][0] = [[0, 60], [0, -60]]
    assert set(visibility(apart)) == {"visible"}


@pytest.mark.parametrize(("camera", "nearer"), [("front", -20.0), ("back", 20.0)])
def test_the_nearer_animal_hides_the_farther_from_the_side(camera, nearer):
    renderer = placed(2, camera, position=(60.0, 0.0))
    tip = truth_in_space(renderer, [0]).set_index(["individual", "keypoint"]).loc[("mouse2", "tail_tip"), ["X", "Y"]]
    tip = tip.to_numpy(float)
    renderer.states["position"][0, 0] = tip + np.array([20, nearer])  # so its trunk is between the tip and the camera
    assert visibility(renderer)["mouse2", "tail_tip"] == "occluded"
    renderer.states["position"][0, 0] = tip + np.array([20, -nearer])
    assert visibility(renderer)["mouse2", "tail_tip"] == "visible"


def test_a_body_hides_its_far_side():
    seen = visibility(placed(1, "front"))["mouse1"]
    assert seen["right_hip"] == "visible"
    assert seen["left_hip"] == "occluded"
    other = visibility(placed(1, "back"))["mouse1"]
    assert other["left_hip"] == "visible"


def test_points_outside_the_picture_are_absent():
    renderer = placed(1, "top")
    renderer.camera.K[0, 2] -= 160  # moves the picture: the middle of the arena is now its left edge
    labels = truth.truth_labels(renderer, [0], video="v").set_index("keypoint")
    assert labels.loc["snout", "visibility"] == "visible"
    assert labels.loc["tail_tip", "visibility"] == "absent"
    assert labels.loc["tail_tip", ["x", "y"]].isna().all()
    assert (labels["x"].isna() == (labels["visibility"] == "absent")).all()
