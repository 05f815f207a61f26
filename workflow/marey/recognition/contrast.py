"""Contrast: a small network learns what tells the animals of a video apart, from the chains of its own tracklets.

Two squares of one chain show the same animal; squares of two chains that are there at once show different ones. Of what
is neither nothing is said. The loss is InfoNCE (van den Oord et al. 2018; NT-Xent of Chen et al. 2020) over the squares
of a batch that are known to be different. That tracklets of one video suffice to learn who is who is the idea of
idtracker.ai (Romero-Ferrer et al. 2019; contrastive since its version 6) and of TRex (Walter & Couzin 2021).
"""

from collections.abc import Callable
from functools import lru_cache, partial

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
from tqdm import tqdm

DIMENSION = 16  # numbers of an embedding
CHANNELS = (16, 32, 64, 96)  # each layer halves the square
STEPS = 600
PAIRS = 32  # of chains, in a batch
SQUARES = 2  # of each chain of a pair
TEMPERATURE = 0.2
LEARNING_RATE = 2e-3
WEIGHT_DECAY = 1e-3
GAIN, NOISE, SHIFT = 0.1, 0.02, 2  # standard deviations of brightness and noise, px by which a square is moved
HARD_PART = 0.5  # of the pairs of a batch are drawn by how badly they were told apart
MEMORY = 0.8  # of the loss of a pair, each time it is drawn
MIN_LOSS = 1e-3  # that a pair counts with, however well it is told apart
MAX_PAIRS = 200  # of a chain with those that begin after it
AT_ONCE = 256  # squares that are embedded together
WATCHED_EVERY, MAX_WATCHED = 20, 400  # steps, and squares that do not train


class Embedder(nn.Module):
    """Embeds squares f32[B, S, S, 3], 0..1, on the unit sphere: f32[B, DIMENSION]."""

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        x = x - 0.5
        for features in CHANNELS:
            x = nn.relu(nn.GroupNorm(num_groups=8)(nn.Conv(features, (3, 3), strides=2)(x)))
        x = nn.relu(nn.Dense(64)(x.reshape(len(x), -1)))
        x = nn.Dense(DIMENSION)(x)
        return x / jnp.maximum(jnp.linalg.norm(x, axis=1, keepdims=True), 1e-6)


def contrast_loss(embedding: jax.Array, same: jax.Array, other: jax.Array) -> jax.Array:
    """Compute the loss of each square, f32[B]: that of InfoNCE, the mean over the squares of the same animal.

    `embedding` f32[B, d], of length 1; `same` and `other` bool[B, B]: pairs that are known to show the same animal or
    different ones. A square without either has no loss.
    """
    near = embedding @ embedding.T / TEMPERATURE
    wrong = jax.nn.logsumexp(jnp.where(other, near, -1e9), axis=1, keepdims=True)
    loss = (jax.nn.softplus(wrong - near) * same).sum(axis=1) / jnp.maximum(same.sum(axis=1), 1)
    return loss * other.any(axis=1)


def learn_contrast(
    squares: np.ndarray,
    chain: np.ndarray,
    begin: np.ndarray,
    end: np.ndarray,
    *,
    trained: np.ndarray | None = None,
    seed: int,
    steps: int = STEPS,
) -> Callable[[np.ndarray], np.ndarray] | None:
    """Learn to embed squares.

    Args:
        squares: u8[n, S, S, 3], RGB.
        chain: i64[n], the chain that each is of.
        begin: i64[chain], the first frame of each chain.
        end: i64[chain], its last.
        trained: bool[n], those that train; of all others the loss is watched, and the parameters are kept that it was
            least with, since a network can learn the chains of a small video by heart. None: all train.
        seed: draws first parameters, batches and augmentation.
        steps: of the training.

    Returns:
        A function that embeds squares, f32[n, DIMENSION]; None where no two chains of SQUARES squares or more are there
        at once.
    """
    taught = np.arange(len(chain)) if trained is None else np.flatnonzero(trained)
    batches, watched = _Batches(chain[taught], begin, end, seed), np.setdiff1d(np.arange(len(chain)), taught)
    watched = watched[:: -(-len(watched) // MAX_WATCHED) or 1]
    watched_relation = batches.relation(chain[watched])
    if not len(batches.pairs):
        return None
    key = jax.random.key(seed)
    params = jax.jit(Embedder().init)(key, jnp.zeros((1, *squares.shape[1:])))
    optimiser = _optimiser(steps)
    state = optimiser.init(params)
    progress, kept, least = tqdm(range(steps), desc="telling animals apart", unit="step"), None, np.inf
    for step in progress:
        drawn, places = batches.draw()
        chosen = taught[places]
        relation = batches.relation(chain[chosen])
        params, state, loss = _step(
            params, state, squares[chosen], *relation, jax.random.fold_in(key, step), optimiser=optimiser
        )
        batches.learn(drawn, np.asarray(loss).reshape(PAIRS, -1).mean(axis=1))
        if step % WATCHED_EVERY == WATCHED_EVERY - 1 and len(watched):
            seen = float(_watched_loss(params, squares[watched], *watched_relation))
            kept, least = (params, seen) if seen < least else (kept, least)
            progress.set_postfix(loss=f"{np.mean(loss):.3f}", held_out=f"{seen:.3f}", least=f"{least:.3f}")
    return partial(_embedded, params if kept is None else kept)


@jax.jit
def _watched_loss(params: dict, squares: jax.Array, same: jax.Array, other: jax.Array) -> jax.Array:
    """Compute the mean loss of squares u8[n, S, S, 3] as they are."""
    return contrast_loss(Embedder().apply(params, squares.astype(jnp.float32) / 255), same, other).mean()


@lru_cache  # a step is compiled once for each
def _optimiser(steps: int) -> optax.GradientTransformation:
    return optax.adamw(optax.cosine_decay_schedule(LEARNING_RATE, steps), weight_decay=WEIGHT_DECAY)


class _Batches:
    """Draws batches: pairs of chains that are there at once, longer and worse told ones more often."""

    def __init__(self, chain: np.ndarray, begin: np.ndarray, end: np.ndarray, seed: int):
        self._chance, self._begin, self._end = np.random.default_rng(seed), begin, end
        self._number = np.bincount(chain, minlength=len(begin))
        self._order, self._first = np.argsort(chain, kind="stable"), np.cumsum(self._number) - self._number
        taught = np.flatnonzero(self._number >= SQUARES)
        self.pairs = taught[pairs_at_once(begin[taught], end[taught])]
        self._size = np.sqrt(self._number[self.pairs].min(axis=1))
        self._loss = np.ones(len(self.pairs))

    def draw(self) -> tuple[np.ndarray, np.ndarray]:
        """Draw PAIRS pairs, i64[PAIRS], and SQUARES squares of each of their chains, i64[2 * PAIRS * SQUARES]."""
        hard = self._size * self._loss
        odds = (1 - HARD_PART) * self._size / self._size.sum() + HARD_PART * hard / hard.sum()
        drawn = self._chance.choice(len(odds), PAIRS, p=odds)
        chains = self.pairs[drawn].ravel()
        places = [self._chance.choice(self._number[each], SQUARES, replace=False) for each in chains]
        return drawn, self._order[(self._first[chains, None] + places).ravel()]

    def relation(self, chain: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Tell which squares of `chain` i64[B] show the same animal, and which different ones, bool[B, B] each."""
        same, begin, end = chain[:, None] == chain, self._begin[chain], self._end[chain]
        at_once = (begin[:, None] <= end) & (begin <= end[:, None])
        return same & ~np.eye(len(chain), dtype=bool), at_once & ~same

    def learn(self, drawn: np.ndarray, loss: np.ndarray) -> None:
        """Take note of the losses f64[PAIRS] of the pairs that were drawn."""
        self._loss[drawn] = MEMORY * self._loss[drawn] + (1 - MEMORY) * np.maximum(loss, MIN_LOSS)


def pairs_at_once(begin: np.ndarray, end: np.ndarray) -> np.ndarray:
    """List the pairs of chains that share a frame, i64[p, 2]; `begin` and `end` i64[chain], first and last frames.

    No more than MAX_PAIRS of each chain, those that begin next.
    """
    order = np.argsort(begin, kind="stable")
    stop = np.searchsorted(begin[order], end[order], side="right")
    own = np.arange(len(order))
    count = np.clip(stop - own - 1, 0, MAX_PAIRS)
    one = np.repeat(own, count)
    other = one + 1 + np.arange(len(one)) - np.repeat(np.cumsum(count) - count, count)
    return np.stack([order[one], order[other]], axis=1)


@partial(jax.jit, static_argnames="optimiser")
def _step(
    params: dict,
    state: optax.OptState,
    squares: jax.Array,
    same: jax.Array,
    other: jax.Array,
    key: jax.Array,
    *,
    optimiser: optax.GradientTransformation,
) -> tuple[dict, optax.OptState, jax.Array]:
    """Take a step; `squares` u8[B, S, S, 3], the rest as of `contrast_loss`. Gives the loss of each square, too."""

    def mean_loss(params: dict) -> tuple[jax.Array, jax.Array]:
        loss = contrast_loss(Embedder().apply(params, random_look(key, squares)), same, other)
        return loss.mean(), loss

    (_, loss), slope = jax.value_and_grad(mean_loss, has_aux=True)(params)
    change, state = optimiser.update(slope, state, params)
    return optax.apply_updates(params, change), state, loss


def random_look(key: jax.Array, squares: jax.Array) -> jax.Array:
    """Vary squares u8[B, S, S, 3] in brightness, place and noise: f32[B, S, S, 3], about 0..1."""
    bright, grain, place = jax.random.split(key, 3)
    shift = jax.random.randint(place, (len(squares), 2), -SHIFT, SHIFT + 1)
    x = jax.vmap(lambda image, by: jnp.roll(image, by, (0, 1)))(squares.astype(jnp.float32) / 255, shift)
    x = x * jnp.exp(GAIN * jax.random.normal(bright, (len(x), 1, 1, 1)))
    return x + NOISE * jax.random.normal(grain, x.shape)


def _embedded(params: dict, squares: np.ndarray) -> np.ndarray:
    """Embed squares u8[n, S, S, 3], AT_ONCE at a time: f32[n, DIMENSION]."""
    spare = -len(squares) % AT_ONCE  # all batches have one size, so that the network is compiled once
    blocks = np.pad(squares, [(0, spare), (0, 0), (0, 0), (0, 0)]).reshape(-1, AT_ONCE, *squares.shape[1:])
    embed = jax.jit(lambda block: Embedder().apply(params, block.astype(jnp.float32) / 255))
    return np.concatenate([np.asarray(embed(block)) for block in blocks])[: len(squares)]
