"""Candidates and affinities of made heatmaps and fields, whose answers are known."""

import jax
import jax.numpy as jnp
import numpy as np
from numpy.testing import assert_allclose

from marey.inference import candidates
from marey.inference.detector import Detector
from marey.inference.engines import OnnxRuntime
from marey.inference.found import MIN_WRITTEN_CONFIDENCE, Found, table_columns
from marey.inference.orientations import AS_IT_IS
from marey.networks.outputs import Layout
from marey.pictures.views import Picture
from marey.training import targets

EDGES = ((0, 1), (1, 2))
STRIDE, SIGMA, SHAPE = 4, 6.0, (40, 48)
# Two animals of three keypoints, (x, y) px; the second lacks the last one.
POINTS = np.array([[[20, 30], [60, 40], [90, 60]], [[30, 110], [80, 120], [np.nan, np.nan]]], np.float32)


def perfect(points=POINTS):
    """What a perfect network answers: heatmaps and affinities of one picture."""
    return answers(np.asarray(points)[None])


@jax.jit
def answers(points):
    there = jnp.isfinite(points).all(axis=-1)
    place = {"shape": SHAPE, "stride": STRIDE}
    heatmap = targets.heatmap_targets(points, there, sigma=SIGMA, **place)
    return heatmap, targets.affinity_targets(points, there, edges=EDGES, width=12.0, **place)


def find(heatmaps, fields, count=4):
    found = candidates.find_candidates(
        tuple(heatmaps), tuple(fields), edges=EDGES, candidates=count, stride=STRIDE, sigma=SIGMA
    )
    return Found(*map(np.asarray, found))


def order(found) -> list[int]:
    """The candidate of keypoint 0 that is of each animal."""
    return [int(np.nanargmin(np.linalg.norm(found.points[0, :, 0] - animal[0], axis=-1))) for animal in POINTS]


def test_every_keypoint_of_every_animal_is_found_where_it_is():
    heatmap, field = perfect()
    found = find([heatmap], [field])
    for keypoint in range(3):
        expected = POINTS[np.isfinite(POINTS[:, keypoint, 0]), keypoint]
        sure = found.confidence[0, :, keypoint] > 0.5
        places = found.points[0, sure, keypoint]
        assert_allclose(places[np.argsort(places[:, 1])], expected[np.argsort(expected[:, 1])], atol=0.1)
    assert np.isnan(found.spread).all()


def test_pairs_of_one_animal_go_together_and_others_do_not():
    heatmap, field = perfect()
    found = find([heatmap], [field])
    near = lambda keypoint, animal: int(  # noqa: E731
        np.nanargmin(np.linalg.norm(found.points[0, :, keypoint] - POINTS[animal, keypoint], axis=-1))
    )
    for first in range(2):
        for second in range(2):
            affinity = found.affinity[0, 0, near(0, first), near(1, second)]
            assert affinity > 0.9 if first == second else affinity < 0.5


def test_against_its_direction_an_edge_is_negative():
    points = POINTS[:1]
    _, field = perfect(points)
    swapped = jnp.asarray(points[None, :, [1, 0, 2]])
    of_pairs = jax.jit(candidates.pair_affinities, static_argnames=("edges", "stride"))
    assert of_pairs(field, swapped, edges=EDGES, stride=STRIDE)[0, 0, 0, 0] < -0.9


def test_of_two_peaks_within_a_standard_deviation_the_surer_stays():
    points = jnp.array([[[[10.0, 10]], [[10, 14]], [[10, 17]]]])
    places, sure = jax.jit(candidates.distinct)(points, jnp.array([[[0.9], [0.8], [0.7]]]), apart=SIGMA)
    assert_allclose(sure[0, :, 0], [0.9, 0, 0.7])
    assert np.isnan(places[0, 1]).all()


def test_members_that_disagree_have_a_spread():
    here, field = perfect()
    there, _ = perfect(POINTS + np.float32([3, 0]))
    found = find([here, there], [field, field])
    sure = found.confidence[0] > 0.5
    assert_allclose(found.points[0, order(found)[0], 0], POINTS[0, 0] + [1.5, 0], atol=0.1)
    # 1.5 px either way along x alone: sqrt((2 * 1.5^2 / 2) / 2 * 2 / (2 - 1)) per axis.
    assert_allclose(found.spread[0][sure], 1.5, atol=0.15)
    assert_allclose(np.sort(found.affinity.ravel()), np.sort(find([here], [field]).affinity.ravel()), atol=0.2)


def test_rows_list_the_surest_candidate_always_and_no_faint_other():
    found = find(*([part] for part in perfect()))
    points, pairs, appearance = table_columns(found, ["a", "b", "c"], EDGES)
    assert appearance.shape == (len(points["row"]), 0)
    keypoint, candidate = points["keypoint"], points["candidate"]
    assert set(keypoint[candidate == 0]) == {"a", "b", "c"}
    assert (points["confidence"][candidate > 0] >= MIN_WRITTEN_CONFIDENCE).all()
    assert keypoint.tolist() == sorted(keypoint)
    assert len(pairs["row"]) == len(pairs["affinity"])
    for edge in (0, 1):
        here = pairs["edge"] == edge
        name, other = "abc"[EDGES[edge][0]], "abc"[EDGES[edge][1]]
        assert here.sum() == (keypoint == name).sum() * (keypoint == other).sum()


def test_appearances_are_those_of_the_cells_and_go_with_their_rows():
    """An output that holds its own place: where a candidate is, its appearance says so; of two members the mean."""
    heatmap, field = perfect()
    cells = np.stack(np.meshgrid(np.arange(SHAPE[1]), np.arange(SHAPE[0])), axis=-1).astype(np.float32)[None]
    found = candidates.find_candidates(
        (heatmap,), (field,), (cells, 3 * cells), edges=EDGES, candidates=4, stride=STRIDE, sigma=SIGMA
    )
    found = Found(*map(np.asarray, found))
    points, _, appearance = table_columns(found, ["a", "b", "c"], EDGES)
    there = np.isfinite(points["x"])
    assert there.sum() >= 5
    assert_allclose(appearance[there], 2 * (np.stack([points["x"], points["y"]], axis=1)[there] // STRIDE))


class Member:
    """A detector that gives the same outputs for every picture and notes which it was asked for."""

    batch_size, orientations, stride, sigma = 1, AS_IT_IS, STRIDE, SIGMA
    calls, images_per_call = Detector.calls, OnnxRuntime.images_per_call

    def __init__(self, value):
        heatmap, field = perfect()
        self.given = {"heatmap": jnp.log(heatmap + 1e-6), "affinity": field}
        self.given |= {name: jnp.full((1, *SHAPE, 2), value) for name in ("identity", "descriptor")}
        self.asked = []

    def outputs(self, images, names):
        self.asked += names
        return tuple(self.given[name] for name in names)


def test_identities_are_averaged_and_descriptors_are_the_first_members():
    picture = Picture(np.zeros((4 * SHAPE[0], 4 * SHAPE[1], 3), np.uint8), 1.0)
    for identities, name, expected in ((("red",), "identity", 2.0), ((), "descriptor", 1.0)):
        members = [Member(1.0), Member(3.0)]
        layout = Layout(False, EDGES, (), 2, identities=identities, descriptor=0 if identities else 2)
        found = candidates.BottomUp(members, layout, appearance=True)([picture])
        assert_allclose(found.appearance, np.full((1, layout.candidates, 3, 2), expected))
        assert name in members[0].asked
        blind = candidates.BottomUp(members[:1], layout)([picture])
        assert blind.appearance.shape[-1] == 0
