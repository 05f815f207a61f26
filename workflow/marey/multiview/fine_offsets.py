"""By what part of a frame cameras are out of step: points and offsets are fitted to what all cameras see together.

An offset moves what a camera sees along the path of the point in its image. The points are eliminated (Schur complement
of the normal equations; Triggs et al. 2000, section 6), so that what is left of a block of time is the gradient and the
information of the offsets. How much the gradients of blocks differ says how sure the offsets are, whatever the noise is
like ("sandwich" of White, Econometrica 1980), as long as blocks are independent.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy.special import chdtri, stdtrit

from marey.multiview.cameras import Camera, project_with_jacobian
from marey.multiview.coarse_offsets import BLOCK
from marey.multiview.seen_motion import Strand, trace
from marey.multiview.triangulation import triangulate

STEPS, SMALL_STEP = 8, 1e-3  # of Gauss-Newton; frames
FARTHEST = 1.5  # frames that an offset is refined by
FIRST_FACTOR, LOWEST_FACTOR, LEARNING_STEPS = 8.0, 0.02, 6
LEVEL = 0.975  # of intervals, on each side


class Scores(NamedTuple):
    """What blocks of time say of the offsets of all cameras, near to some."""

    offset: np.ndarray  # f64[block, camera], s: the offsets that they were worked out at
    gradient: np.ndarray  # f64[block, camera], 1/s
    information: np.ndarray  # f64[block, camera, camera], 1/s^2
    time: np.ndarray  # f64[block], s


class Estimate(NamedTuple):
    """Offsets, relative to the first camera, and how sure they are."""

    offset: np.ndarray  # f64[camera], s
    covariance: np.ndarray  # f64[camera, camera], s^2
    blocks: np.ndarray  # f64[camera], as many blocks of equal weight would say as much


class Piece(NamedTuple):
    """Some times, and what cameras see then."""

    grid: np.ndarray  # f64[time], s
    strands: Sequence[Strand]


def refine(
    cameras: Sequence[Camera], pieces: Sequence[Piece], start: np.ndarray, *, step: float, most: float, tolerance: float
) -> Scores:
    """Find the offsets of a window.

    Args:
        cameras: the cameras.
        pieces: what they see in the window.
        start: f64[camera], s: the offsets to a frame.
        step: s of a frame.
        most: s, that offsets are, at most.
        tolerance: deviations that a view of a point may be away.

    Returns:
        Scores, worked out at the offsets of the window.
    """
    offset, factor = start.astype(float), None
    for _ in range(STEPS):
        seen, speed, sigma = (
            np.concatenate(part) for part in zip(*(_look(each, offset) for each in pieces), strict=True)
        )
        factor, position, used = _points(cameras, seen, sigma, tolerance, factor)
        terms = _normal_terms(cameras, position, seen, speed, factor * sigma, used)
        scores = _by_block(pieces, offset, *terms)
        move = pool([scores], most).offset - offset
        moved = np.clip(offset + move, start - FARTHEST * step, start + FARTHEST * step)
        if np.abs(moved - offset).max() < SMALL_STEP * step:
            break
        offset = moved
    return scores


def _look(piece: Piece, offset: np.ndarray):
    """Places and velocities f64[time, point, camera, 2] and sigma f64[time, point, camera] with some offsets."""
    parts = [trace(strand, piece.grid - each) for strand, each in zip(piece.strands, offset, strict=True)]
    return tuple(np.stack(part, axis=2) for part in zip(*parts, strict=True))


def _points(cameras, seen, sigma, tolerance, factor):
    """What sigma is to be multiplied by, so that points fit as they should, the points and the views of them."""
    seen = seen.reshape(-1, *seen.shape[2:])
    sigma = np.where(np.isfinite(sigma), sigma, 1.0).reshape(seen.shape[:2])
    steps = 1 if factor else LEARNING_STEPS
    factor = factor or FIRST_FACTOR
    for _ in range(steps):
        found = triangulate(cameras, seen, factor * sigma, tolerance=tolerance)
        views = found.used.sum(axis=1)
        there = views > 1
        if not there.any():
            break
        sums = np.where(found.used, found.squares, 0.0).sum(axis=1)[there]
        ratio = np.sqrt(np.median(sums / chdtri(2 * views[there] - 3, 0.5)))
        factor = max(float(factor * ratio), LOWEST_FACTOR)
        if abs(ratio - 1) < 0.02:
            break
    return factor, found.position, found.used


def _normal_terms(cameras, position, seen, speed, sigma, used):
    """Gradient f64[point, camera] and information f64[point, camera, camera] of offsets, the points eliminated."""
    count = len(cameras)
    seen, speed = (values.reshape(-1, count, 2) for values in (seen, speed))
    sigma = np.where(np.isfinite(sigma), sigma, 1.0).reshape(-1, count)
    gradient, pull = np.zeros((len(seen), count)), np.zeros((len(seen), 3))
    own, cross, points = np.zeros_like(gradient), np.zeros((len(seen), count, 3)), np.zeros((len(seen), 3, 3))
    for at, camera in enumerate(cameras):
        pixels, jacobian = project_with_jacobian(camera, position)
        residual, along = seen[:, at] - pixels, -speed[:, at]  # later times show where the point was earlier
        weight = 1 / sigma[:, at] ** 2
        out = ~used[:, at]
        weight[out], residual[out], along[out], jacobian[out] = 0.0, 0.0, 0.0, 0.0
        weighted = weight[:, None] * along
        gradient[:, at], own[:, at] = (weighted * residual).sum(axis=1), (weighted * along).sum(axis=1)
        cross[:, at] = np.einsum("ni,nij->nj", weighted, jacobian)
        points += weight[:, None, None] * (jacobian.swapaxes(1, 2) @ jacobian)
        pull += weight[:, None] * np.einsum("nij,ni->nj", jacobian, residual)
    none = used.sum(axis=1) < 2
    points[none], cross[none], gradient[none], own[none] = np.eye(3), 0.0, 0.0, 0.0
    solved = cross @ np.linalg.inv(points)
    information = own[:, :, None] * np.eye(count) - solved @ cross.swapaxes(1, 2)
    return gradient - np.einsum("nci,ni->nc", solved, pull), information


def _by_block(pieces: Sequence[Piece], offset: np.ndarray, gradient: np.ndarray, information: np.ndarray) -> Scores:
    ends = np.cumsum([0, *(len(piece.grid) for piece in pieces)])
    starts = np.concatenate([np.arange(first, end, BLOCK) for first, end in pairwise(ends)])
    time = np.concatenate([piece.grid for piece in pieces])
    points = len(gradient) // len(time)
    summed = [np.add.reduceat(terms, starts * points, axis=0) for terms in (gradient, information)]
    return Scores(np.tile(offset, (len(starts), 1)), *summed, time[starts])


def pool(parts: Sequence[Scores], most: float, *, drift: bool = False) -> Estimate:
    """Estimate what all blocks together say.

    Args:
        parts: the scores.
        most: s, that offsets are, at most.
        drift: offsets change evenly: estimate by how many s a s they do.

    Returns:
        Offsets or, of `drift`, their change.
    """
    offset, gradient, information, time = (np.concatenate(part) for part in zip(*parts, strict=True))
    cameras = offset.shape[1]
    half = max(np.ptp(time) / 2, 1e-9)
    basis = np.stack([np.ones_like(time), (time - time.mean()) / half], axis=1)[:, : 1 + drift]
    free = np.tile(np.arange(cameras) > 0, basis.shape[1])  # the first camera's offset is 0
    inner = np.einsum("bk,bl,bij->bkilj", basis, basis, information).reshape(len(basis), len(free), len(free))
    target = gradient - np.einsum("bij,bj->bi", information, offset)
    target = -np.einsum("bk,bi->bki", basis, target).reshape(len(basis), -1)
    prior = np.eye(free.sum()) / most**2
    inverse = np.linalg.inv(inner.sum(axis=0)[np.ix_(free, free)] + prior)
    found = np.zeros(len(free))
    found[free] = inverse @ target.sum(axis=0)[free]
    left = (target - inner @ found)[:, free]
    blocks = len(basis)
    covariance = np.zeros((len(free), len(free)))
    covariance[np.ix_(free, free)] = inverse @ (left.T @ left * blocks / max(blocks - 1, 1) + prior) @ inverse
    own = np.einsum("bii->bi", information) * basis[:, -1:] ** 2
    equal = own.sum(axis=0) ** 2 / np.maximum((own**2).sum(axis=0), 1e-300)
    scale = half if drift else 1.0
    return Estimate(found[-cameras:] / scale, covariance[-cameras:, -cameras:] / scale**2, equal)


def spread(estimate: Estimate, camera: int, reference: int) -> tuple[float, float, float]:
    """Return by how much a camera is off against another one, s, and what that lies between in 95 % of the cases."""
    if camera == reference:
        return 0.0, 0.0, 0.0
    pair = np.ix_([camera, reference], [camera, reference])
    (own, both), (_, other) = estimate.covariance[pair]
    blocks = min(estimate.blocks[camera], estimate.blocks[reference])
    reach = stdtrit(max(blocks - 1, 1.0), LEVEL) * np.sqrt(max(own + other - 2 * both, 0.0))
    found = estimate.offset[camera] - estimate.offset[reference]
    return found, found - reach, found + reach
