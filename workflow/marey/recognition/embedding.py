"""From poses and images to embeddings: a network that learns to tell animals apart, and what it makes of each pose."""

from collections.abc import Callable, Iterable

import numpy as np

from marey.recognition import contrast
from marey.recognition.choice import Chains, choose_frames, choose_poses, make_chains
from marey.recognition.turned_squares import SIDE, Placement, cut_square, learn_shape, place_shape
from marey.tracking.by_motion import link_by_motion
from marey.tracking.likeness import Appearance
from marey.tracking.outlines import Source, Timed, outline

MAX_SHAPE_POSES = 2_000  # that the mean shape is learnt from
PARTS, HELD_OUT_EVERY = 12, 3

Images = Callable[[np.ndarray], Iterable[tuple[int, np.ndarray]]]


def embed_animals(
    source: Source, images: Images, *, ticks: np.ndarray, usable: np.ndarray, animals: int | None, seed: int, steps: int
) -> Appearance:
    """Learn to tell the animals of a video apart, and embed their poses.

    Motion says which tracklets surely are one animal, and which are there at once. Not every pose is looked at.

    Args:
        source: the poses of the video; read a few times.
        images: gives the frames i64[m], sorted, that it is called with: (index, image u8[H, W, 3]) of each in turn.
        ticks: i64[frame], when each frame was taken, as `track` takes it.
        usable: bool[frame], which frames can be looked at.
        animals: how many there are; None: unknown.
        seed: of motion and training.
        steps: of the training.

    Returns:
        Of all poses, in their order: NaN where one was not looked at, and everywhere where there was nothing to learn
        from. `trained` are those whose squares taught the network.
    """
    chains = _chains(source, ticks, animals, seed)
    vectors = np.full((len(chains.frame), contrast.DIMENSION), np.nan, np.float32)
    if not len(vectors):
        return Appearance(chains.frame, vectors, np.zeros(0, bool))
    trained = ~held_out(chains.frame)
    chosen, placement, side = _choose(source, chains, usable)
    squares = _squares(images, chains.frame[chosen], placement, side)
    embed = contrast.learn_contrast(
        squares, chains.chain[chosen], chains.begin, chains.end, trained=trained[chosen], seed=seed, steps=steps
    )
    if embed is not None:
        vectors[chosen] = embed(squares)
    return Appearance(chains.frame, vectors, trained)


def held_out(frame: np.ndarray) -> np.ndarray:
    """Tell which poses in order of `frame` i64[n] do not train, bool[n].

    A network can learn the chains of a small video by heart. How much its embeddings say is therefore learnt from poses
    that it has not seen: those of every HELD_OUT_EVERY-th of PARTS parts of the video.
    """
    first, last = int(frame[0]), int(frame[-1])
    return (frame - first) * PARTS // (last - first + 1) % HELD_OUT_EVERY == HELD_OUT_EVERY - 1


def _chains(source: Source, ticks: np.ndarray, animals: int | None, seed: int) -> Chains:
    """Find the chains of tracklets that surely are one animal by their motion."""
    timed = Timed(source, ticks)
    poses = outline(timed)
    if not len(poses):
        return make_chains(poses.frame, poses.frame, poses.frame)
    known = link_by_motion(timed, poses, animals=animals, seed=seed)
    chain = np.empty(len(poses), np.int64)
    chain[known.pieces.members] = np.repeat(known.chains(), known.pieces.lengths)
    return make_chains(np.searchsorted(ticks, poses.frame), chain, np.where(known.doubled, 0, poses.shown))


def _choose(source: Source, chains: Chains, usable: np.ndarray) -> tuple[np.ndarray, Placement, float]:
    """Choose the poses to look at: i64[m], where their squares are, and the side of these, px."""
    within = np.flatnonzero(np.isin(chains.frame, choose_frames(chains, usable)))
    parts, offset = [], 0
    for block in source.blocks():
        low, high = np.searchsorted(within, [offset, offset + len(block)])
        parts.append(block.points[within[low:high] - offset])
        offset += len(block)
    points = np.concatenate(parts)
    if not len(points):
        nothing = np.empty(0, np.complex128)
        return within, Placement(nothing, nothing), 1.0
    shape = learn_shape(points[:: max(1, len(points) // MAX_SHAPE_POSES)])
    placement = place_shape(points, shape)
    good = choose_poses(chains, within, placement, side=shape.side)
    return within[good], Placement(placement.middle[good], placement.turn[good]), shape.side


def _squares(images: Images, frame: np.ndarray, placement: Placement, side: float) -> np.ndarray:
    """Cut the squares u8[m, SIDE, SIDE, 3] of poses in order of `frame` i64[m]."""
    result = np.zeros((len(frame), SIDE, SIDE, 3), np.uint8)
    for index, image in images(np.unique(frame)):
        for pose in range(*np.searchsorted(frame, [index, index + 1])):
            result[pose] = cut_square(image, placement.middle[pose], placement.turn[pose], side=side)
    return result
