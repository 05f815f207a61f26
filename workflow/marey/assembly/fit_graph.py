"""Fit of the graph: what each edge says (learnt from training frames), and which are used (by validation frames)."""

import logging
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from scipy.sparse.csgraph import minimum_spanning_tree
from sklearn.metrics import roc_auc_score

from marey.assembly import instances, pair_odds
from marey.assembly.labelled import read_evidence
from marey.evaluation import oks
from marey.labels import dataset
from marey.networks.metadata import peak_sigma, read_metadata
from marey.networks.outputs import Layout
from marey.tables import files
from marey.tables.graph import GRAPH

MAX_LABEL_DEVIATIONS = 3.0  # of the heatmaps' peaks (standard deviations): a candidate so near is the labelled keypoint
TRIED_GRAPHS = 10  # graphs of different size that are tried

_log = logging.getLogger(__name__)


def fit_graph(
    detections_path: Path,
    affinities_path: Path,
    dataset_path: Path,
    splits_path: Path,
    metadata_path: Path,
    out: Path,
    *,
    fold: int,
    config: dict,
    provenance: dict,
) -> None:
    """Write the table `graph` of the ensemble whose candidates of the labelled frames are given.

    The odds are learnt from the training frames. Of graphs that hold the clearest edges that connect all keypoints and
    more or fewer of the others, the one is used that assembles the validation frames best (mean average precision; of
    equal ones the largest).

    Args:
        detections_path: table `detections` of the labelled frames.
        affinities_path: table `affinities` of the same.
        dataset_path: table `dataset`.
        splits_path: table `splits`.
        metadata_path: metadata of the networks.
        out: the table that is written.
        fold: fold of the ensemble.
        config: holds the block `assemble`.
        provenance: metadata of the table.
    """
    metadata = read_metadata(metadata_path)
    layout, names = Layout.from_metadata(metadata), metadata["keypoints"]
    labelled = dataset.load_dataset(dataset_path, keypoints=len(names))
    part = dataset.frame_parts(splits_path, labelled, fold=fold)["part"].to_numpy()
    _, evidence = read_evidence(detections_path, affinities_path, labelled, metadata)
    owner = labelled_owners(evidence, labelled.points, near=MAX_LABEL_DEVIATIONS * peak_sigma(metadata))
    first, second = owner[evidence.source], owner[evidence.target]
    known = (part[evidence.frame[evidence.source]] == "train") & (first >= 0) & (second >= 0)
    pairs, same = pair_odds.CandidatePairs(*(column[known] for column in evidence.pairs())), (first == second)[known]
    odds = pair_odds.learn_odds(pairs, same, edges=len(layout.edges))
    separability = _separability(pairs, same, odds)

    def precision(used: np.ndarray) -> float:
        return _precision(evidence, labelled, part == "validation", instances.Graph(used, odds), metadata, config)

    used = _best(layout, separability, precision) if (part == "validation").any() else np.ones(len(layout.edges), bool)
    _log.info("%d of %d edges are used", used.sum(), len(used))
    table = {
        "edge": np.arange(len(layout.edges)),
        "source": [names[a] for a, _ in layout.edges],
        "target": [names[b] for _, b in layout.edges],
        "length": odds.length[:, 0],
        "length_sd": odds.length[:, 1],
        "separability": separability,
        "weights": list(odds.weights),
        "used": used,
    }
    files.write(out, pd.DataFrame(table), GRAPH, provenance=provenance)


def labelled_owners(evidence: instances.Evidence, points: np.ndarray, *, near: float) -> np.ndarray:
    """Find the labelled animal that each candidate is a keypoint of; one to one, the nearest together.

    `points` f32[frame, individual, keypoint, 2] px, NaN = not there. Returns i64[n]; -1 = none within `near` px.
    """
    owner = np.full(len(evidence.frame), -1)
    key = evidence.frame * points.shape[2] + evidence.kind
    for rows in np.split(np.arange(len(key)), np.flatnonzero(np.diff(key)) + 1):
        if len(rows):
            labels = points[evidence.frame[rows[0]], :, evidence.kind[rows[0]]]
            apart = np.linalg.norm(evidence.place[rows][:, None] - labels, axis=-1)
            apart = np.where(apart <= near, apart, 2 * near)
            first, second = linear_sum_assignment(apart)
            good = apart[first, second] <= near
            owner[rows[first[good]]] = second[good]
    return owner


def _separability(pairs: pair_odds.CandidatePairs, same: np.ndarray, odds: pair_odds.EdgeOdds) -> np.ndarray:
    """Compute the area under the ROC curve of each edge's odds, f64[edge]; 0.5 where all pairs are of one sort."""
    score, result = odds(pairs), np.full(len(odds.weights), 0.5)
    for edge in range(len(result)):
        of_edge = pairs.edge == edge
        if len(np.unique(same[of_edge])) == 2:
            result[edge] = roc_auc_score(same[of_edge], score[of_edge])
    return result


def _best(layout: Layout, separability: np.ndarray, precision) -> np.ndarray:
    """Choose which edges are used, bool[edge]: the best of a sequence of growing graphs."""
    ends, count = np.array(layout.edges, int).reshape(-1, 2), len(layout.edges)
    nodes = int(ends.max(initial=0)) + 1
    distance = np.zeros((nodes, nodes))
    distance[ends[:, 0], ends[:, 1]] = 2 - separability  # never 0, which would be no edge
    tree = minimum_spanning_tree(distance).toarray() > 0
    needed = tree[ends[:, 0], ends[:, 1]]
    order = np.lexsort((-separability, ~needed))  # the tree first
    best, chosen = -np.inf, np.ones(count, bool)
    for size in np.unique(np.linspace(needed.sum(), count, TRIED_GRAPHS).round().astype(int)):
        used = np.zeros(count, bool)
        used[order[:size]] = True
        value = precision(used)
        _log.info("%d edges: mean average precision %.4f on validation frames", size, value)
        if value >= best:
            best, chosen = value, used
    return chosen


def _precision(evidence, labelled, chosen: np.ndarray, graph: instances.Graph, metadata: dict, config: dict):
    """Compute mean average precision of the animals of the frames `chosen` bool[frame]; 0 where none is labelled."""
    some = evidence.of_frames(chosen)
    instance = instances.assign_instances(some, graph, config=config["assemble"], metadata=metadata)
    size = {"frames": len(labelled), "keypoints": len(metadata["keypoints"])}
    places = instances.values_by_animal(some, instance, some.place, **size)
    sure = instances.values_by_animal(some, instance, some.confidence, **size)
    frames = [
        oks.FrameAnimals(labelled.points[index].astype(np.float64), places[index], np.nansum(sure[index], axis=1))
        for index in np.flatnonzero(chosen)
    ]
    return float(np.nan_to_num(np.mean([oks.average_precision(frames, sigma=sigma)[0] for sigma in oks.SIGMAS])))
