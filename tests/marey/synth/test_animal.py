import numpy as np
import pytest

from marey.experiment.skeletons import mirror_pairs
from marey.synth import animal
from marey.synth.backbone import BODY_LENGTH, PLACES
from marey.synth.motion import STATE_DTYPE, simulate
from marey.synth.mouse import SHOULDERS
from marey.synth.scene import Scene


def straight(individuals=1):
    """Animals that stand straight, heading for +X, one on the other in the middle."""
    return np.zeros(individuals, STATE_DTYPE)


def positions(scene, states):
    points = animal.keypoint_positions(scene, states)
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
    before = animal.keypoint_positions(Scene(), states)[0]
    states["heading"] = np.pi / 2
    after = animal.keypoint_positions(Scene(), states)[0]
    np.testing.assert_allclose(after, before @ np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1]]), atol=1e-9)


def test_a_body_keeps_its_length_in_the_open():
    scene = Scene(frames=200, seed=3, arena=(2000.0, 2000.0))
    trunks = np.stack([animal.figures(scene, states)[0].trunk for states in simulate(scene)])
    links = np.linalg.norm(np.diff(trunks, axis=1), axis=-1)
    np.testing.assert_allclose(links, np.broadcast_to(links[0], links.shape), rtol=1e-9)
    assert links[0].sum() == pytest.approx(BODY_LENGTH * scene.body_scales[0], rel=1e-9)


def test_the_trunk_follows_the_links_of_the_state():
    states = straight()
    states["bend"][0, :4] = 0.3
    trunk = animal.figures(Scene(), states)[0].trunk
    rump = trunk[-2, :2] - trunk[-1, :2]
    assert np.arctan2(rump[1], rump[0]) == pytest.approx(-4 * 0.3, abs=0.1)  # each link turns by 0.3 rad
    shoulders = [np.interp(SHOULDERS, PLACES, axis) for axis in trunk.T[:2]]
    np.testing.assert_allclose(shoulders, 0, atol=1e-9)


def test_animals_stay_in_the_arena():
    scene = Scene(individuals=3, frames=6, seed=2, arena=(150.0, 120.0))
    for states in simulate(scene):
        for figure in animal.figures(scene, states):
            for points in (figure.solids.ends, figure.keypoints):
                assert (np.abs(points[..., :2]) <= [75, 60]).all()


def test_the_later_animal_climbs_over_the_earlier():
    scene = Scene(individuals=2)
    lower, upper = positions(scene, straight(2))
    alone = positions(Scene(individuals=2), straight(2))[0]
    np.testing.assert_array_equal(lower["body_centre"], alone["body_centre"])
    assert upper["body_centre"][2] - lower["body_centre"][2] > 15


def test_coats_and_sizes_differ():
    scene = Scene(individuals=5)
    coats = [animal.build_coat(scene, individual) for individual in range(5)]
    assert len({tuple(coat.fur) + tuple(coat.second) for coat in coats}) == 5
    assert [coat.pattern for coat in coats] == ["plain"] * 4 + ["hooded"]
    assert len(set(scene.body_scales)) == 5
