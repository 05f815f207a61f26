"""What motion alone tells of a video: its tracklets, and the links between them."""

from dataclasses import dataclass

import numpy as np

from marey.tracking import doubles, motion, numbered, stitching, tracklets
from marey.tracking.links import MAX_GAP_FRAMES, continuations
from marey.tracking.motion import Motion
from marey.tracking.outlines import Outline, Source
from marey.tracking.stitching import Links
from marey.tracking.tracklets import Tracklets

LASTING_FRAMES = 3  # a pose of few keypoints is credible once it lasts this long


@dataclass(frozen=True)
class ByMotion:
    """What motion tells of a video.

    `poses`, with the points of `motion.needed_instances(pieces)`; `pieces`, its tracklets; `learnt`, how animals move;
    `links`, what tracklets may go on in; `doubled` bool[instance]: poses that lie on another; `rate`: how many false
    tracklets begin in a frame; `evidence`, `weight` and `alone` f64[tracklet], as `worth` gives them.
    """

    poses: Outline
    pieces: Tracklets
    learnt: Motion
    links: Links
    doubled: np.ndarray
    rate: float
    evidence: np.ndarray
    weight: np.ndarray
    alone: np.ndarray

    def chains(self) -> np.ndarray:
        """Find the chain that each tracklet is of, i64[tracklet]: those that are surely one animal by their motion.

        They are numbered from 0 in order of the first tracklet of each.
        """
        following, _ = stitching.paths(self.links, self.evidence)
        return tracklets.number_chains(np.where(stitching.certain_links(self.links, following), following, -1))


def link_by_motion(source: Source, poses: Outline, *, animals: int | None, seed: int) -> ByMotion:
    """Link the tracklets of a video by motion.

    Args:
        source: the poses; read twice.
        poses: their outline; there is at least one.
        animals: how many there are; None: unknown.
        seed: draws the stretches that motion is learnt from.
    """
    pieces = tracklets.build_tracklets(poses)
    drawn = motion.draw_stretches(pieces, furthest=MAX_GAP_FRAMES, seed=seed)
    rate, doubled = 1.0, np.zeros(len(poses), bool)
    if animals is not None:
        rate = numbered.false_rate(poses.frame[pieces.first], poses.frame[pieces.last], animals)
        pieces = numbered.cut_where_full(poses, pieces, animals)
        doubled = doubles.find_doubles(source, poses, pieces)
    poses = poses.picking(source, motion.needed_instances(pieces, *drawn.values()))
    learnt = motion.learn_motion(poses, drawn)
    links = continuations(poses, pieces, learnt, most=MAX_GAP_FRAMES)
    return ByMotion(poses, pieces, learnt, links, doubled, rate, *worth(poses, pieces, doubled))


def worth(poses: Outline, pieces: Tracklets, doubled: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute how many whole poses tracklets are worth, how far links to them count, 0..1, and how much is no double.

    f64[tracklet] each. A whole pose shows as many keypoints as most do. Poses of few keypoints are often limbs of
    another animal, unless they last. Those that are `doubled` bool[instance] are worth nothing.
    """
    whole = np.minimum(1, poses.shown / np.median(poses.shown))[pieces.members]
    single, begin = ~doubled[pieces.members], pieces.starts[:-1]
    lasting = np.minimum(1, np.add.reduceat(whole, begin) / np.minimum(pieces.lengths, LASTING_FRAMES))
    alone = np.add.reduceat(single, begin, dtype=np.int64) / pieces.lengths
    return np.add.reduceat(np.where(single, whole, 0), begin), lasting, alone
