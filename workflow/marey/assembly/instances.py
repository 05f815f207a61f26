"""Instances: from candidates and affinities to the animals of each frame.

What two candidates of an edge say about whether they are of one animal is weighed by odds that were learnt from
labelled frames (`pair_odds`); which candidates are one animal is decided by all of them together (`clustering`).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from marey.assembly import clustering, pair_odds
from marey.networks.metadata import peak_sigma
from marey.networks.outputs import Layout
from marey.tables import files
from marey.tables.graph import GRAPH
from marey.tables.poses import UNIQUE_INSTANCE

NOBODY = -2  # the instance of candidates that are of no animal
# An animal is made of what others left over, and left out, if more than this part of its keypoints lies nearer than so
# many standard deviations of a peak to keypoints of animals of higher confidence.
DUPLICATE_DEVIATIONS = 2.0
MAX_DUPLICATE_PART = 0.5


class Graph(NamedTuple):
    """The edges: whether each is `used`, bool[edge], and the `odds` of its pairs."""

    used: np.ndarray
    odds: pair_odds.EdgeOdds

    @classmethod
    def from_table(cls, table: pd.DataFrame) -> "Graph":
        """Make the graph from the table `graph`."""
        weights = np.stack(table["weights"]) if len(table) else np.zeros((0, pair_odds.EVIDENCE_KINDS))
        return cls(
            table["used"].to_numpy(), pair_odds.EdgeOdds(table[["length", "length_sd"]].to_numpy(float), weights)
        )

    def magnified(self, magnification: float) -> "Graph":
        """Return the graph for videos whose animals are so much larger, in px."""
        return self._replace(odds=self.odds._replace(length=self.odds.length * magnification))


@dataclass(frozen=True)
class Evidence:
    """Candidates of many frames, frame by frame, and pairs of them.

    `frame` i64[n] and `kind` i64[n], which keypoint each is; `place` f64[n, 2], (x, y) px; `confidence` f64[n].
    `source` and `target` i64[p] are candidates of an `edge` i64[p] in the same frame, frame by frame; `affinity`
    f64[p]. `number` i64[n] tells candidates of one kind in a frame apart.
    """

    frame: np.ndarray
    kind: np.ndarray
    place: np.ndarray
    confidence: np.ndarray
    source: np.ndarray
    target: np.ndarray
    edge: np.ndarray
    affinity: np.ndarray
    number: np.ndarray

    @classmethod
    def from_tables(
        cls, points: pd.DataFrame, pairs: pd.DataFrame, *, keypoints: list[str], edges: list[list[str]]
    ) -> "Evidence":
        """Make the evidence from rows of `detections` and `affinities`, both sorted by frame.

        Args:
            points: rows of `detections`.
            pairs: rows of `affinities`.
            keypoints: names of the keypoints.
            edges: two names for each edge.

        Returns:
            The evidence.
        """
        index = {name: number for number, name in enumerate(keypoints)}
        kind = points["keypoint"].map(index).to_numpy(np.int64)
        frame, candidate = (points[name].to_numpy(np.int64) for name in ("frame", "candidate"))
        most = int(candidate.max(initial=0)) + 1
        key = (frame * len(keypoints) + kind) * most + candidate
        order = np.argsort(key, kind="stable")
        ends = np.array([[index[name] for name in edge] for edge in edges], np.int64).reshape(-1, 2)
        edge = pairs["edge"].to_numpy(np.int64)
        source, target = (
            order[
                np.searchsorted(
                    key,
                    (pairs["frame"].to_numpy(np.int64) * len(keypoints) + ends[edge, side]) * most
                    + pairs[name].to_numpy(np.int64),
                    sorter=order,
                )
            ]
            for side, name in ((0, "source"), (1, "target"))
        )
        place, sure = points[["x", "y"]].to_numpy(np.float64), points["confidence"].to_numpy(np.float64)
        return cls(frame, kind, place, sure, source, target, edge, pairs["affinity"].to_numpy(np.float64), candidate)

    def of_frames(self, frames: np.ndarray) -> "Evidence":
        """Select the evidence of the frames bool[frame]."""
        kept, pairs = frames[self.frame], frames[self.frame[self.source]]
        number = np.cumsum(kept) - 1
        points = (part[kept] for part in (self.frame, self.kind, self.place, self.confidence))
        ends = (number[part[pairs]] for part in (self.source, self.target))
        return Evidence(*points, *ends, self.edge[pairs], self.affinity[pairs], self.number[kept])

    def pairs(self) -> pair_odds.CandidatePairs:
        """Return what the pairs are judged by."""
        apart = np.linalg.norm(self.place[self.source] - self.place[self.target], axis=1)
        return pair_odds.CandidatePairs(
            self.edge, self.affinity, apart, self.confidence[np.stack([self.source, self.target], 1)]
        )


def read_graph(path: Path | None) -> Graph | None:
    """Read a file of the table `graph`; top-down there is none."""
    return Graph.from_table(files.read(path, GRAPH)) if path else None


def assign_instances(evidence: Evidence, graph: Graph | None, *, config: dict, metadata: dict) -> np.ndarray:
    """Say which animal of its frame each candidate is of.

    Without a graph, candidates of one number are of one animal. Of each unique keypoint the candidate of highest
    confidence counts.

    Args:
        evidence: the candidates and their pairs.
        graph: the edges, bottom-up; None top-down.
        config: the block `assemble`.
        metadata: of the networks.

    Returns:
        i64[n]: from 0, highest confidence first; NOBODY, or UNIQUE_INSTANCE for a unique keypoint.
    """
    layout, near = Layout.from_metadata(metadata), DUPLICATE_DEVIATIONS * peak_sigma(metadata)
    result = np.full(len(evidence.frame), NOBODY)
    seen = np.isfinite(evidence.place).all(axis=1)
    sure = seen & (evidence.confidence >= config["min_confidence"])
    single = np.isin(evidence.kind, layout.unique)
    _mark_unique(result, evidence, np.flatnonzero(sure & single))
    rows = np.flatnonzero(seen & ~single)
    least = min_keypoints(config["min_keypoints"], layout, len(metadata["keypoints"]) - len(layout.unique))
    owner = evidence.number[rows] if graph is None else _grouped(evidence, graph, seen & ~single)
    starts = np.flatnonzero(np.diff(evidence.frame[rows], prepend=-1))
    for here, mine in zip(np.split(rows, starts[1:]), np.split(owner, starts[1:]), strict=True):
        result[here] = _animals(mine, evidence, here, sure[here], least=least, near=near)
    return result


def _grouped(evidence: Evidence, graph: Graph, chosen: np.ndarray) -> np.ndarray:
    """Return the group of each of the m candidates `chosen` bool[n], by the graph; i64[m]."""
    within = np.cumsum(chosen) - 1
    good = graph.used[evidence.edge] & chosen[evidence.source] & chosen[evidence.target]
    odds = graph.odds(pair_odds.CandidatePairs(*(part[good] for part in evidence.pairs())))
    return clustering.group_candidates(
        evidence.kind[chosen], within[evidence.source[good]], within[evidence.target[good]], odds
    )


def min_keypoints(option: int | str, layout: Layout, keypoints: int) -> int:
    """Return how many of its `keypoints` an animal needs: what `assemble.min_keypoints` stands for."""
    if keypoints == 1 or not (layout.edges or layout.side):  # there is nothing that an animal is put together from
        return 1
    return max(2, keypoints // 4) if option == "auto" else option


def _mark_unique(result: np.ndarray, evidence: Evidence, rows: np.ndarray) -> None:
    """Mark the candidate of highest confidence of each keypoint and frame among `rows` as an object."""
    order = rows[np.lexsort((-evidence.confidence[rows], evidence.kind[rows], evidence.frame[rows]))]
    new = np.diff(evidence.frame[order], prepend=-1) != 0
    new |= np.diff(evidence.kind[order], prepend=-1) != 0
    result[order[new]] = UNIQUE_INSTANCE


def _animals(
    owner: np.ndarray, evidence: Evidence, rows: np.ndarray, sure: np.ndarray, *, least: int, near: float
) -> np.ndarray:
    """Number the groups of a frame that are animals by how sure they are; the rest is NOBODY's. i64[rows].

    An animal has at least `least` keypoints that are `sure` bool[rows].
    """
    _, owner = np.unique(owner, return_inverse=True)
    score, size = np.bincount(owner, evidence.confidence[rows]), np.bincount(owner, sure)
    result, taken = np.full(len(owner), NOBODY), 0
    for name in np.argsort(-score, kind="stable"):
        if size[name] < least:
            continue
        mine = owner == name
        others = result >= 0
        if taken:
            apart = np.linalg.norm(evidence.place[rows[mine]][:, None] - evidence.place[rows[others]], axis=-1)
            if (apart <= near).any(axis=1).mean() > MAX_DUPLICATE_PART:
                continue
        result[mine] = taken
        taken += 1
    return result


def values_by_animal(
    evidence: Evidence, instance: np.ndarray, values: np.ndarray, *, frames: int, keypoints: int
) -> list:
    """Sort values of candidates by frame, animal and keypoint.

    Args:
        evidence: the candidates.
        instance: i64[n], as from `assign_instances`.
        values: f64[n, ...].
        frames: number of frames.
        keypoints: number of keypoints.

    Returns:
        f64[animal, keypoint, ...] for each frame; NaN = not there.
    """
    result = []
    for rows in np.split(np.arange(len(instance)), np.searchsorted(evidence.frame, np.arange(1, frames))):
        rows = rows[instance[rows] > NOBODY]
        names, animal = np.unique(instance[rows], return_inverse=True)
        table = np.full((len(names), keypoints, *values.shape[1:]), np.nan)
        table[animal, evidence.kind[rows]] = values[rows]
        result.append(table)
    return result
