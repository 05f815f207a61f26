"""The loss against its formula in double precision, its masks by what they let through."""

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


pose_loss = jax.jit(eager_loss)


def test_codes_are_those_of_the_labels_table():
    assert VISIBILITIES[losses.OCCLUDED] == "occluded"
    assert VISIBILITIES[losses.UNLABELLED] == "unlabelled"
    assert VISIBILITIES == ("visible", "occluded", "absent", "unlabelled")


def test_value_is_the_formula(batch):
    outputs, points, visibility = batch
    located = visibility <= OCCLUDED
    target = np.asarray(targets.heatmaps(points, located, shape=SHAPE, stride=4, sigma=6.0), float)
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
    target = targets.heatmaps(points, located, shape=SHAPE, stride=4, sigma=6.0)
    perfect = {"heatmap": jnp.asarray(logit(np.clip(np.asarray(target, float), 1e-12, 1 - 1e-7)), jnp.float32)}
    loss, _ = pose_loss(perfect, points, visibility)
    assert abs(float(loss)) < 1e-4


def test_absent_is_background_and_unlabelled_says_nothing(batch):
    outputs, points, visibility = batch
    gradient = jax.grad(lambda outputs: pose_loss(outputs, points, visibility)[0])(outputs)
    assert (gradient["heatmap"][0, ..., 2] > 0).all()  # absent in both individuals: every cell is pushed down
    assert not gradient["heatmap"][0, ..., 1].any()  # one individual unlabelled
    without_position = points.copy()
    without_position[0, 0, 0] = np.nan  # visible, yet nowhere
    gradient = jax.grad(lambda outputs: pose_loss(outputs, without_position, visibility)[0])(outputs)
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
    loss, gradient = jax.value_and_grad(lambda outputs: pose_loss(outputs, nowhere, codes)[0])(outputs)
    assert np.isfinite(loss)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(gradient))
    assert (loss > 1e-6) == (code == ABSENT and logit_value > -80)  # only what is known to be absent costs


def test_gradient_with_respect_to_points_is_finite(batch):
    outputs, points, visibility = batch
    gradient = jax.grad(lambda points: pose_loss(outputs, points, visibility)[0])(jnp.asarray(points))
    assert np.isfinite(gradient).all()


def test_eager_jit_and_vmap_agree(batch):
    outputs, points, visibility = jax.tree.map(jnp.asarray, batch)
    examples = jax.tree.map(lambda leaf: leaf[:, None], (outputs, points, visibility))
    mapped = jax.vmap(pose_loss)(*examples)[0]
    for index in range(2):
        example = jax.tree.map(lambda leaf, index=index: leaf[index], examples)
        assert_allclose(mapped[index], eager_loss(*example)[0], rtol=1e-5)
        assert_allclose(mapped[index], pose_loss(*example)[0], rtol=1e-5)


def test_losses_of_parts_add_up_to_that_of_the_batch(batch):
    """Divided by the counts of the whole, whatever the parts hold."""
    whole = counts(*batch[1:])
    parts = [jax.tree.map(lambda leaf, index=index: leaf[index : index + 1], batch) for index in range(2)]
    alone = [losses.pose_loss(*part, counts=whole, supervision=SUPERVISION)[0] for part in parts]
    assert_allclose(sum(alone), pose_loss(*batch)[0], rtol=1e-5)
    assert counts(*parts[0][1:])[0] != counts(*parts[1][1:])[0]


SEVERAL = SUPERVISION._replace(edges=((0, 1), (1, 2)), width=6.0, affinity_weight=0.5, reach=8.0)


def test_affinities_cost_their_squared_error_per_edge(batch):
    outputs, points, visibility = batch
    visibility = np.where(visibility == UNLABELLED, ABSENT, visibility)
    located = visibility <= OCCLUDED
    field, _ = targets.affinities(points, located, edges=SEVERAL.edges, shape=SHAPE, stride=4, width=6.0)
    answer = np.random.default_rng(1).normal(0, 1, field.shape).astype(np.float32)
    numbers = losses.counts(points, visibility, shape=SHAPE, supervision=SEVERAL)
    loss, parts = losses.pose_loss(
        {**outputs, "affinity": answer}, points, visibility, supervision=SEVERAL, counts=numbers
    )
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
    numbers = losses.counts(points, visibility, shape=(10, 40), supervision=rules)
    assert int(numbers[0]) == 3

    def loss(logits):
        return losses.pose_loss({"heatmap": logits}, points, visibility, supervision=rules, counts=numbers)[0]

    gradient = np.asarray(jax.grad(loss)(jnp.zeros((1, 10, 40, 2))))[0]
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
    numbers = losses.counts(points, visibility, identity, shape=SHAPE, supervision=SUPERVISION)
    rules = SUPERVISION._replace(identity_weight=0.5)
    total, parts = losses.pose_loss(outputs, points, visibility, identity, counts=numbers, supervision=rules)
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
    without, _ = losses.pose_loss(outputs, points, visibility, counts=numbers, supervision=rules)
    assert_allclose(total - without, 0.5 * parts["identity_loss"], rtol=1e-4)


def test_the_gradient_of_identity_is_probability_less_truth():
    logits = jnp.asarray(np.random.default_rng(1).normal(0, 2, (2, *SHAPE, 3)), jnp.float32)
    whose = np.full((2, *SHAPE), -1)
    whose[0, 3, 4], whose[1, 0, 0] = 2, 1
    gradient = jax.grad(losses.identity_loss)(logits, jnp.asarray(whose), count=5)
    expected = np.zeros(logits.shape)
    for place in ((0, 3, 4), (1, 0, 0)):
        odds = np.exp(np.asarray(logits[place], float))
        expected[place] = (odds / odds.sum() - np.eye(3)[whose[place]]) / 5
    assert_allclose(gradient, expected, atol=1e-6)
