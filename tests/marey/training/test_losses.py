"""The loss against its formula in double precision, its masks by what they let through."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import expit, logit, xlogy

from marey.tables.labels import VISIBILITIES
from marey.training import losses, targets

VISIBLE, OCCLUDED, ABSENT, UNLABELLED = range(4)
SUPERVISION = losses.Supervision(stride=4, sigma=6.0, width=12.0)
SHAPE = (8, 10)


@pytest.fixture
def batch():
    """Outputs, points and visibilities of two pictures, two individuals, three keypoints."""
    rng = np.random.default_rng(0)
    outputs = {"heatmap": jnp.asarray(rng.normal(-2, 2, (2, *SHAPE, 3)), jnp.float32)}
    points = rng.uniform([0, 0], [40, 32], (2, 2, 3, 2)).astype(np.float32)
    visibility = np.array([[[0, 1, 2], [0, 3, 2]], [[0, 0, 0], [2, 2, 1]]], np.int8)
    points[visibility >= ABSENT] = np.nan
    return outputs, points, visibility


def counts(points, visibility):
    return losses.counts(points, visibility, shape=SHAPE, supervision=SUPERVISION)


def eager_loss(outputs, points, visibility):
    return losses.pose_loss(outputs, points, visibility, counts=counts(points, visibility), supervision=SUPERVISION)


# One program each, not one for every operation inside, which would be compiled one by one.
pose_loss = jax.jit(eager_loss)
heatmaps = jax.jit(targets.heatmap_targets, static_argnames=("shape", "stride", "sigma"))
affinities = jax.jit(targets.affinity_targets, static_argnames=("edges", "shape", "stride", "width"))
gradients = jax.jit(jax.value_and_grad(lambda *batch: eager_loss(*batch)[0]))


@partial(jax.jit, static_argnames="rules")
def loss_and_counts(outputs, points, visibility, identity=None, *, rules):
    """Loss, its parts, and the counts that they are divided by."""
    shape = outputs["heatmap"].shape[1:3]
    numbers = losses.counts(points, visibility, identity, shape=shape, supervision=rules)
    return *losses.pose_loss(outputs, points, visibility, identity, supervision=rules, counts=numbers), numbers


def test_codes_of_points_with_a_place_come_first():
    assert VISIBILITIES == ("visible", "occluded", "absent", "unlabelled")


def test_value_is_the_formula(batch):
    outputs, points, visibility = batch
    located = visibility <= OCCLUDED
    target = np.asarray(heatmaps(points, located, shape=SHAPE, stride=4, sigma=6.0), float)
    answer = expit(np.asarray(outputs["heatmap"], float))
    divergence = xlogy(target, target) - target * np.log(answer)
    divergence += xlogy(1 - target, 1 - target) - (1 - target) * np.log(1 - answer)
    divergence[0, ..., 1] = 0  # individual 1 of picture 0 has keypoint 1 unlabelled
    points_that_count = located.sum() - 1
    loss, parts = pose_loss(*batch)
    assert_allclose(parts["heatmap_loss"], divergence.sum() / points_that_count, rtol=1e-5)
    assert loss == parts["heatmap_loss"]


def test_the_targets_themselves_cost_nothing(batch):
    _, points, visibility = batch
    located = visibility <= OCCLUDED
    target = heatmaps(points, located, shape=SHAPE, stride=4, sigma=6.0)
    perfect = {"heatmap": jnp.asarray(logit(np.clip(np.asarray(target, float), 1e-12, 1 - 1e-7)), jnp.float32)}
    loss, _ = pose_loss(perfect, points, visibility)
    assert abs(float(loss)) < 1e-4


def test_absent_is_background_and_unlabelled_says_nothing(batch):
    outputs, points, visibility = batch
    _, gradient = gradients(outputs, points, visibility)
    assert (gradient["heatmap"][0, ..., 2] > 0).all()  # absent in both individuals: every cell is pushed down
    assert not gradient["heatmap"][0, ..., 1].any()  # one individual unlabelled
    without_position = points.copy()
    without_position[0, 0, 0] = np.nan  # visible, yet nowhere
    _, gradient = gradients(outputs, without_position, visibility)
    assert not gradient["heatmap"][0, ..., 0].any()


def test_points_outside_are_not_counted(batch):
    outputs, points, visibility = batch
    _, before = pose_loss(outputs, points, visibility)
    points, visibility = points.copy(), visibility.copy()
    visibility[1, 1, 0], points[1, 1, 0] = VISIBLE, (-500, 900)
    _, after = pose_loss(outputs, points, visibility)
    assert_allclose(after["heatmap_loss"], before["heatmap_loss"], rtol=1e-6)


@pytest.mark.parametrize("code", [VISIBLE, ABSENT, UNLABELLED])
@pytest.mark.parametrize("logit_value", [0.0, 80.0, -80.0])
def test_gradients_are_finite_without_any_point(batch, code, logit_value):
    outputs, points, visibility = batch
    outputs = {"heatmap": jnp.full_like(outputs["heatmap"], logit_value)}
    nowhere, codes = np.full_like(points, np.nan), np.full_like(visibility, code)
    loss, gradient = gradients(outputs, nowhere, codes)
    assert np.isfinite(loss)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(gradient))
    assert (loss > 1e-6) == (code == ABSENT and logit_value > -80)  # only what is known to be absent costs


def test_gradient_with_respect_to_points_is_finite(batch):
    outputs, points, visibility = batch
    gradient = jax.jit(jax.grad(lambda points: eager_loss(outputs, points, visibility)[0]))(points)
    assert np.isfinite(gradient).all()


def test_jit_and_vmap_agree(batch):
    outputs, points, visibility = jax.tree.map(jnp.asarray, batch)
    examples = jax.tree.map(lambda leaf: leaf[:, None], (outputs, points, visibility))
    mapped = jax.jit(jax.vmap(eager_loss))(*examples)[0]
    for index in range(2):
        example = jax.tree.map(lambda leaf, index=index: leaf[index], examples)
        assert_allclose(mapped[index], pose_loss(*example)[0], rtol=1e-5)


def test_losses_of_parts_add_up_to_that_of_the_batch(batch):
    """Divided by the counts of the whole, whatever the parts hold."""
    counts_of = jax.jit(counts)
    whole = counts_of(*batch[1:])
    parts = [jax.tree.map(lambda leaf, index=index: leaf[index : index + 1], batch) for index in range(2)]
    of_part = jax.jit(partial(losses.pose_loss, supervision=SUPERVISION))
    alone = [of_part(*part, counts=whole)[0] for part in parts]
    assert_allclose(sum(alone), pose_loss(*batch)[0], rtol=1e-5)
    assert counts_of(*parts[0][1:])[0] != counts_of(*parts[1][1:])[0]


SEVERAL = SUPERVISION._replace(edges=((0, 1), (1, 2)), width=6.0, affinity_weight=0.5, reach=8.0)


def test_affinities_cost_their_squared_error_per_edge(batch):
    outputs, points, visibility = batch
    visibility = np.where(visibility == UNLABELLED, ABSENT, visibility)
    located = visibility <= OCCLUDED
    field = affinities(points, located, edges=SEVERAL.edges, shape=SHAPE, stride=4, width=6.0)
    answer = np.random.default_rng(1).normal(0, 1, field.shape).astype(np.float32)
    loss, parts, _ = loss_and_counts({**outputs, "affinity": answer}, points, visibility, rules=SEVERAL)
    within = located & ((points >= 0) & (points <= np.array(SHAPE[::-1]) * 4)).all(axis=-1)
    edges = sum((located[..., a] & located[..., b] & (within[..., a] | within[..., b])).sum() for a, b in SEVERAL.edges)
    assert edges >= 2
    expected = ((answer - np.asarray(field)) ** 2).sum() / edges
    assert_allclose(parts["affinity_loss"], expected, rtol=1e-5)
    assert_allclose(loss, parts["heatmap_loss"] + 0.5 * parts["affinity_loss"], rtol=1e-6)


def test_an_unlabelled_keypoint_hides_only_the_surroundings_of_its_animal():
    """Two animals 100 px apart; what the network says of the unlabelled keypoint counts beside the other one only."""
    points = np.array([[[[20, 20], [np.nan, np.nan]], [[120, 20], [130, 20]]]], np.float32)
    visibility = np.array([[[VISIBLE, UNLABELLED], [VISIBLE, VISIBLE]]], np.int8)
    rules = SUPERVISION._replace(reach=16.0)

    @jax.jit
    @partial(jax.grad, has_aux=True)
    def gradient_and_counts(logits):
        outputs = {"heatmap": logits}
        loss, _, numbers = loss_and_counts(outputs, points, visibility, rules=rules)
        return loss, numbers

    gradient, numbers = gradient_and_counts(np.zeros((1, 10, 40, 2), np.float32))
    assert int(numbers.points) == 3
    gradient = np.asarray(gradient)[0]
    columns = (np.arange(40) + 0.5) * 4
    assert not gradient[1:9, np.abs(columns - 20) <= 16, 1].any()
    assert gradient[:, columns > 60, 1].all()
    assert gradient[..., 0].all()


def test_identity_is_the_cross_entropy_near_visible_points(batch):
    """Against a loop over cells; an occluded point, an unknown animal and cells far from all count for nothing."""
    outputs, points, visibility = batch
    logits = np.random.default_rng(1).normal(0, 2, (2, *SHAPE, 3)).astype(np.float32)
    identity = np.array([[2, 0], [1, -1]], np.int32)
    outputs = {**outputs, "identity": jnp.asarray(logits)}
    rules = SUPERVISION._replace(identity_weight=0.5)
    total, parts, numbers = loss_and_counts(outputs, points, visibility, identity, rules=rules)
    expected = 0.0
    for picture, row, column in np.ndindex(2, *SHAPE):
        centre = 4 * np.array([column, row]) + 2
        there = [
            (np.linalg.norm(points[picture, n, k] - centre), identity[picture, n])
            for n, k in np.ndindex(2, 3)
            if visibility[picture, n, k] == VISIBLE and identity[picture, n] >= 0
        ]
        apart, who = min(there)
        if apart <= 12:
            cell = logits[picture, row, column].astype(float)
            expected += np.log(np.exp(cell).sum()) - cell[who]
    assert numbers.identities == 1 + 1 + 3
    assert_allclose(parts["identity_loss"], expected / 5, rtol=1e-5)
    without, _, _ = loss_and_counts(outputs, points, visibility, rules=rules)
    assert_allclose(total - without, 0.5 * parts["identity_loss"], rtol=1e-4)


def test_the_gradient_of_identity_is_probability_less_truth():
    logits = jnp.asarray(np.random.default_rng(1).normal(0, 2, (2, *SHAPE, 3)), jnp.float32)
    whose = np.full((2, *SHAPE), -1)
    whose[0, 3, 4], whose[1, 0, 0] = 2, 1
    gradient = jax.jit(jax.grad(partial(losses.identity_loss, count=5)))(logits, whose)
    expected = np.zeros(logits.shape)
    for place in ((0, 3, 4), (1, 0, 0)):
        odds = np.exp(np.asarray(logits[place], float))
        expected[place] = (odds / odds.sum() - np.eye(3)[whose[place]]) / 5
    assert_allclose(gradient, expected, atol=1e-6)
