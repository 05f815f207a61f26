"""Candidates: where the keypoints of several animals may be, and how well each two of them go together.

A pair's affinity is the mean of the network's field along the line between its candidates, in the direction of the line
(part affinity fields: Cao et al. 2017): 1 along an edge of one animal, about 0 across the background, negative against
the edge's direction.
"""

import itertools
from collections.abc import Iterable, Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from marey.inference import peaks
from marey.inference.detector import Detector
from marey.inference.found import Found, as_candidates, inside
from marey.networks.outputs import SINGLE, Layout
from marey.pictures.views import Picture

LINE_SAMPLES = 10  # places on the line of a pair
# In standard deviations of the peaks: of two candidates of a keypoint that lie nearer, only the more confident stays.
MIN_PEAK_DISTANCE = 1.0


class Finder:
    """Finds animals in frames: one question and one form of answer, for a single animal and for several.

    Each method is a finder that says how: `Single`, `BottomUp`, `following.Followed`, `methods.top_down.TopDown`.
    `batch_size`: images that are best given at once.
    """

    def __init__(self, layout: Layout, batch_size: int):
        self.layout, self.batch_size = layout, batch_size

    def __call__(self, pictures: Sequence[Picture], frames: Sequence[int] = ()) -> Found:
        """Find the animals in n images of one size; positions are px of the networks' input for the whole of each.

        `frames` of one video, in order, which the images are of: only a window that follows an animal needs them.
        """
        raise NotImplementedError

    def find_all(self, images: Iterable[np.ndarray], *, scale: float | Iterable[float]) -> Found:
        """Find the animals in one or more images of any sizes; positions are px of the images.

        `images` u8[height, width, 3] RGB each; `scale`: px of the networks per px of the images, or of each image.
        """
        scales = itertools.repeat(scale) if np.ndim(scale) == 0 else scale
        found: dict[int, Found] = {}
        waiting: dict[tuple, dict[int, Picture]] = {}  # by size, until a batch is full

        def flush(batch: dict[int, Picture]) -> None:
            pictures = list(batch.values())  # of one size
            seen = zip(*inside(self(pictures), pictures[0].shown), strict=True)
            for (index, picture), each in zip(batch.items(), map(Found._make, seen), strict=True):
                spread = each.spread / picture.scale
                found[index] = each._replace(points=picture.to_image(each.points), spread=spread)
            batch.clear()

        for index, (image, factor) in enumerate(zip(images, scales, strict=False)):
            batch = waiting.setdefault((image.shape, factor), {})
            batch[index] = Picture(image, factor)
            if len(batch) == self.batch_size:
                flush(batch)
        for batch in filter(None, waiting.values()):
            flush(batch)
        return Found(*(np.stack(part) for part in zip(*(found[index] for index in range(len(found))), strict=True)))


class Single(Finder):
    """Finds the only animal, one candidate: the likeliest place of each keypoint in the whole frame, by one network."""

    def __init__(self, detector: Detector):
        super().__init__(SINGLE, detector.batch_size)
        self._detector = detector

    def __call__(self, pictures: Sequence[Picture], frames: Sequence[int] = ()) -> Found:
        """Find the animal, as `Finder` says."""
        points, confidence = self._detector([picture.whole() for picture in pictures])
        return as_candidates(points[:, None], confidence[:, None], np.full_like(confidence, np.nan)[:, None])


class BottomUp(Finder):
    """Finds candidates in images of one size with an ensemble, whose heatmaps and affinities are averaged.

    Affinities and appearance are those of the images as they are, whatever other orientations heatmaps are seen in.
    With `appearance`, it also gives the appearance at each candidate: the averaged logits of identities, or the
    descriptor of the first member, since each member has features of its own.
    """

    def __init__(self, members: Sequence[Detector], layout: Layout, *, appearance: bool = False):
        super().__init__(layout, members[0].batch_size)
        self._members = members
        self._seeing = (members if layout.identities else members[:1]) if appearance else []

    def __call__(self, pictures: Sequence[Picture], frames: Sequence[int] = ()) -> Found:
        """Find candidates, as `Finder` says."""
        images = [picture.whole() for picture in pictures]
        found = []
        for batch in self._members[0].calls(images):
            seen = self._find(np.stack(batch))
            found.append([np.asarray(part)[: len(batch)] for part in seen])
        return Found(*map(np.concatenate, zip(*found, strict=True)))

    def _find(self, images: np.ndarray) -> tuple[jax.Array, ...]:
        names = ("heatmap", "affinity") if self.layout.edges else ("heatmap",)
        heatmaps, fields, appearances = [], [], []
        for member in self._members:
            seen = (self.layout.appearance,) if member in self._seeing else ()
            upright, *turned = member.orientations.turn(images)
            logits, *field = member.outputs(upright, names + seen)
            appearances += [field.pop()] if seen else []
            others = (member.outputs(each, ("heatmap",))[0] for each in turned)
            heatmaps.append(member.orientations.mean((logits, *others)))
            fields += field
        member = self._members[0]
        return find_candidates(
            tuple(heatmaps),
            tuple(fields),
            tuple(appearances),
            edges=self.layout.edges,
            candidates=self.layout.candidates,
            stride=member.stride,
            sigma=member.sigma,
        )


@partial(jax.jit, static_argnames=("edges", "candidates", "stride", "sigma"))
def find_candidates(
    heatmaps: tuple[jax.Array, ...],
    fields: tuple[jax.Array, ...],
    appearances: tuple[jax.Array, ...] = (),
    *,
    edges: tuple[tuple[int, int], ...],
    candidates: int,
    stride: int,
    sigma: float,
) -> tuple[jax.Array, ...]:
    """Find candidates in the averaged outputs of an ensemble.

    Args:
        heatmaps: of each member, f32[B, h, w, keypoint], 0..1.
        fields: affinities of each member, f32[B, h, w, edge, 2].
        appearances: of any of the members, f32[B, h, w, d] each.
        edges: pairs of keypoints.
        candidates: how many to find of each keypoint, at most.
        stride: px of the input per cell of the outputs.
        sigma: px, standard deviation of the peaks that the members were trained to show.

    Returns:
        The fields of `Found`, px of the networks' input.
    """
    heatmap = sum(heatmaps) / len(heatmaps)
    points, confidence = peaks.peaks(heatmap, stride=stride, sigma=sigma, candidates=candidates)
    points, confidence = distinct(points, confidence, apart=MIN_PEAK_DISTANCE * sigma)
    spread = _spread(heatmaps, points, stride=stride, sigma=sigma)
    seen = points[..., :0]
    if appearances:
        seen = _at(sum(jnp.asarray(each) for each in appearances) / len(appearances), points, stride)
    if not edges:
        return points, confidence, spread, jnp.zeros((len(points), 0, candidates, candidates)), seen
    field = sum(jnp.asarray(each) for each in fields) / len(fields)
    return points, confidence, spread, pair_affinities(field, points, edges=edges, stride=stride), seen


def _at(output: jax.Array, points: jax.Array, stride: int) -> jax.Array:
    """Look up an output f32[B, h, w, d] in the cells of f32[B, candidate, keypoint, 2] px.

    Returns f32[B, candidate, keypoint, d].
    """
    cells = _cells(points, output.shape[1:3], stride)
    flat = output.reshape(len(output), -1, output.shape[-1])
    return jnp.take_along_axis(flat, cells.reshape(len(cells), -1, 1), axis=1).reshape(*cells.shape, -1)


def _cells(points: jax.Array, shape: tuple[int, int], stride: int) -> jax.Array:
    """Compute the cells, row * width + column, of f32[..., 2] px in an output of `shape` (height, width); 0 of NaN."""
    cell = jnp.clip(jnp.nan_to_num(points) // stride, 0, jnp.array(shape[::-1]) - 1).astype(jnp.int32)
    return cell[..., 1] * shape[1] + cell[..., 0]


def distinct(points: jax.Array, confidence: jax.Array, *, apart: float) -> tuple[jax.Array, jax.Array]:
    """Take out candidates that lie within `apart` px of one of a higher confidence.

    `points` f32[B, candidate, keypoint, 2] px and `confidence` f32[B, candidate, keypoint], highest first; returns
    both, NaN and 0 where one is taken out.
    """
    distance = jnp.linalg.norm(points[:, :, None] - points[:, None], axis=-1)  # [B, candidate, candidate, keypoint]
    near = distance < apart
    stays = jnp.ones(points.shape[:-1], bool)
    for index in range(1, points.shape[1]):  # one that goes takes no other along
        stays = stays.at[:, index].set(~(near[:, index, :index] & stays[:, :index]).any(axis=1))
    return jnp.where(stays[..., None], points, jnp.nan), jnp.where(stays, confidence, 0)


def pair_affinities(
    field: jax.Array, points: jax.Array, *, edges: tuple[tuple[int, int], ...], stride: int
) -> jax.Array:
    """Compute the affinity of each two candidates of an edge.

    Args:
        field: f32[B, h, w, edge, 2], the affinities that the network gives.
        points: f32[B, candidate, keypoint, 2], (x, y) px of the input, NaN = missing.
        edges: pairs of keypoints.
        stride: px of the input per cell of the field.

    Returns:
        f32[B, edge, candidate, candidate], -1..1; 0 where a candidate is missing.
    """
    batch, height, width = field.shape[:3]
    ends, count = jnp.array(edges).T, points.shape[1]
    source, target = (jnp.swapaxes(points[:, :, end], 1, 2) for end in ends)  # [B, edge, candidate, 2]
    step = target[:, :, None] - source[:, :, :, None]  # [B, edge, candidate, candidate, 2]
    length = jnp.linalg.norm(step, axis=-1)
    there = jnp.isfinite(length) & (length > 0)
    direction = jnp.where(there[..., None], step, 0) / jnp.where(there, length, 1)[..., None]
    along = (jnp.arange(LINE_SAMPLES) + 0.5) / LINE_SAMPLES
    places = jnp.nan_to_num(source[:, :, :, None, None] + along[:, None] * step[..., None, :]) / stride
    column = jnp.clip(places[..., 0].astype(jnp.int32), 0, width - 1)
    row = jnp.clip(places[..., 1].astype(jnp.int32), 0, height - 1)
    index = jnp.moveaxis((row * width + column).reshape(batch, len(edges), -1), 1, 2)  # [B, place, edge]
    vectors = jnp.take_along_axis(field.reshape(batch, height * width, len(edges), 2), index[..., None], axis=1)
    vectors = jnp.moveaxis(vectors, 1, 2).reshape(batch, len(edges), count, count, LINE_SAMPLES, 2)
    return jnp.where(there, (vectors.mean(axis=4) * direction).sum(axis=-1), 0)


def _spread(heatmaps: tuple[jax.Array, ...], points: jax.Array, *, stride: int, sigma: float) -> jax.Array:
    """Compute the standard deviation per axis of the members' own peaks about `points`, px; NaN with one member."""
    if len(heatmaps) == 1:
        return jnp.full(points.shape[:-1], jnp.nan)
    cells = _cells(points, heatmaps[0].shape[1:3], stride)
    own = jnp.stack([(peaks.refine(each, cells, sigma=sigma / stride) + 0.5) * stride for each in heatmaps])
    weight = jnp.stack(
        [jnp.take_along_axis(each.reshape(len(each), -1, each.shape[-1]), cells, 1) for each in heatmaps]
    )
    squared = ((own - points) ** 2).sum(axis=-1) / 2
    variance = (weight * squared).sum(axis=0) / jnp.maximum(weight.sum(axis=0), jnp.finfo(weight.dtype).tiny)
    return jnp.sqrt(variance * len(heatmaps) / (len(heatmaps) - 1))
