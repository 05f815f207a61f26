import numpy as np
import pytest

from marey.experiment.skeletons import mirror_pairs
from marey.synth import animal
from marey.synth.motion import LINK_LENGTHS, STATE_DTYPE, simulate
from marey.synth.scene import Scene


def straight(individuals=1):
    """Animals that stand straight, heading for +X, one on the other in the middle."""
    return np.zeros(individuals, STATE_DTYPE)


def positions(scene, states):
    points = animal.keypoint_positions(scene, animal.backbone_nodes(scene, states))
    return [dict(zip(animal.KEYPOINTS, body, strict=True)) for body in points]


def test_names_form_a_skeleton():
    assert len(set(animal.KEYPOINTS)) == 8
    assert mirror_pairs(animal.KEYPOINTS) == ((1, 2), (4, 5))


def test_anatomy_of_a_straight_animal():
    (place,) = positions(Scene(), straight())
    order = ["snout", "left_ear", "body_centre", "left_hip", "tail_base", "tail_tip"]
    assert list(np.diff([place[name][0] for name in order]) < 0) == [True] * 5
    for left, right in (("left_ear", "right_ear"), ("left_hip", "right_hip")):  # +Y is to the left of +X
        assert place[left][1] > 0 > place[right][1]
        np.testing.assert_allclose(place[left] * [1, -1, 1], place[right])
    for middle in ("snout", "body_centre"):
        assert place[middle][1] == pytest.approx(0)
    length = place["snout"][0] - place["tail_base"][0]
    assert 80 < length / Scene().body_scales[0] < 100
    assert all(point[2] > 0 for point in place.values())


def test_a_turned_animal_is_the_same_animal_turned():
    states = straight()
    states["bend"], states["raise"], states["phase"] = 0.1, 0.3, 1.0
    before = animal.keypoint_positions(Scene(), animal.backbone_nodes(Scene(), states))[0]
    states["heading"] = np.pi / 2
    after = animal.keypoint_positions(Scene(), animal.backbone_nodes(Scene(), states))[0]
    np.testing.assert_allclose(after, before @ np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1]]), atol=1e-9)


def test_links_keep_their_length_in_the_open():
    scene = Scene(frames=200, seed=3, arena=(2000.0, 2000.0))
    nodes = animal.backbone_nodes(scene, simulate(scene))[:, 0, :, :2]
    links = np.linalg.norm(np.diff(nodes[:, 2:], axis=1), axis=-1)
    np.testing.assert_allclose(links, np.broadcast_to(LINK_LENGTHS * scene.body_scales[0], links.shape), rtol=1e-9)


def test_frames_can_be_posed_together_or_one_by_one():
    scene = Scene(individuals=3, frames=6, seed=2, arena=(150.0, 120.0))
    states = simulate(scene)
    together = animal.backbone_nodes(scene, states)
    for frame, alone in enumerate(states):
        np.testing.assert_array_equal(animal.backbone_nodes(scene, alone), together[frame])
    assert (np.abs(together[..., 0]) <= 75).all()
    assert (np.abs(together[..., 1]) <= 60).all()


def test_the_later_animal_climbs_over_the_earlier():
    scene = Scene(individuals=2)
    lower, upper = positions(scene, straight(2))
    alone = positions(Scene(individuals=2), straight(2))[0]
    np.testing.assert_array_equal(lower["body_centre"], alone["body_centre"])
    assert upper["body_centre"][2] - lower["body_centre"][2] > 15


def test_body_parts_belong_to_the_body():
    scene = Scene(individuals=2)
    states = straight(2)
    points = animal.capsule_ends(scene, states, animal.backbone_nodes(scene, states))
    for individual in range(2):
        build = animal.build_body(scene, individual)
        assert build.ends.max() == points.shape[1] - 1
        assert (build.radii > 0).all()
        assert (build.albedo >= 0).all()
        assert (build.albedo <= 1).all()
    assert not np.allclose(animal.build_body(scene, 0).albedo, animal.build_body(scene, 1).albedo)  # coats differ
    assert len(set(scene.body_scales)) == 2
