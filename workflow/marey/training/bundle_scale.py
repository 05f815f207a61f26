"""The scale at which a bundle is trained further: animals are brought to the sizes that it was trained on.

How large the labelled animals are in the terms of the bundle is told by its graph: the mean lengths of its edges, px of
the videos that trained it, against the distances of the labelled keypoints. So a project that labels snout and ears
alone, where the bundle's animals end at the tip of the tail, is measured by what both have.
"""

import logging

import numpy as np
import pandas as pd
from scipy.sparse.csgraph import shortest_path

from marey.labels import dataset, sizes
from marey.tables import files
from marey.tables.graph import GRAPH
from marey.tables.places import BUNDLE_TABLES
from marey.training import design, scaling
from marey.zoo.catalogue import Bundle
from marey.zoo.names import match

SMALLEST_PART = 0.5  # of the extent of a bundle's animals, where no card says for which sizes it was trained
MAX_SCALE = 4.0  # as `model.scale`

_log = logging.getLogger(__name__)


def choose_scale(bundle: Bundle, points: np.ndarray, config: dict) -> float:
    """Choose the scale for labelled animals: that of `scaling`, or the nearest at which the bundle knows their size.

    Args:
        bundle: the bundle.
        points: f32[frame, individual, keypoint, 2] px, those that train; NaN where there is no position.
        config: `keypoints`, model.map and `card`, whose `size` is that of the bundle's animals, px of its input.

    Returns:
        The scale, to two decimals.
    """
    usual, metadata = scaling.scale_for_size(sizes.usual_size(points), design.count_animals(points)), bundle.metadata()
    here, seen = size_here(bundle, points, config), metadata["extent"] * metadata["preprocessing"]["scale"]
    if not here or not seen:
        _log.info("scale %g by the labels: how large animals were to %s is not known", usual, bundle.name)
        return usual
    low, high = config["card"]["size"] or (SMALLEST_PART * seen, seen)
    scale = round(min(np.clip(usual, low / here, high / here), MAX_SCALE), 2)
    _log.info(
        "scale %g: as %s measures animals, these are %.0f px large in the videos; it was trained on %.0f to %.0f px",
        *(scale, bundle.name, here, low, high),
    )
    return scale


def size_here(bundle: Bundle, points: np.ndarray, config: dict) -> float:
    """Measure labelled animals as a bundle does, by all its keypoints, px of the videos; 0: nothing can be compared.

    Args:
        bundle: the bundle.
        points: as of `choose_scale`.
        config: as of `choose_scale`.
    """
    metadata = bundle.metadata()
    names = metadata["keypoints"]
    theirs = match(config["keypoints"], names, config["model"]["map"]).source
    known = [place for place, name in enumerate(config["keypoints"]) if theirs[name]]
    graph = next((path for path in bundle.tables if path.name == BUNDLE_TABLES[1]), None)
    if graph is None:
        return dataset.extent(points[:, :, known]) if len(known) == len(names) else 0.0
    places = [names.index(theirs[config["keypoints"][place]]) for place in known]
    lengths = _lengths(files.read(graph, GRAPH), names)[np.ix_(places, places)]
    first, second = np.triu_indices(len(known), 1)
    labelled = points[:, :, known].astype(float)
    apart = np.linalg.norm(labelled[:, :, first] - labelled[:, :, second], axis=-1).reshape(-1, len(first))
    both = np.isfinite(apart).any(axis=0) & np.isfinite(lengths[first, second])
    if not both.any():
        return 0.0
    return metadata["extent"] * float(np.nanmean(apart[:, both], axis=0).sum() / lengths[first, second][both].sum())


def _lengths(graph: pd.DataFrame, names: list[str]) -> np.ndarray:
    """Return how far keypoints lie apart along the edges of table `graph`, f64[keypoint, keypoint] px; inf: nothing."""
    matrix = np.zeros((len(names), len(names)))
    learnt = graph[(graph["length"] > 0) & graph["source"].isin(names) & graph["target"].isin(names)]
    for row in learnt.itertuples():
        matrix[names.index(row.source), names.index(row.target)] = row.length
    return shortest_path(matrix, directed=False)
