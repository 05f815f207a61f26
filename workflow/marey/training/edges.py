"""The graph: which pairs of keypoints the network learns to join, so that animals can be put together from keypoints.

It holds the skeleton, whatever connects all keypoints by the shortest lines, and further short lines: the nearer two
keypoints are, the surer the network tells whether they are of one animal, and several lines at each keypoint correct
each other. (DeepLabCut takes random pairs of a like number.)
"""

import warnings

import numpy as np
from scipy.sparse.csgraph import minimum_spanning_tree

MAX_KEYPOINT_DEGREE = 6  # edges of a keypoint, unless the skeleton or the connection of all asks for more


def choose_edges(
    points: np.ndarray, *, skeleton: tuple[tuple[int, int], ...] = (), unique: tuple[int, ...] = ()
) -> tuple[tuple[int, int], ...]:
    """Choose pairs of keypoints to join, each (smaller, larger), sorted.

    `points` f32[frame, individual, keypoint, 2] px, NaN = not there: labelled animals; `unique`: keypoints that belong
    to no animal. Keypoints that no animal shows together with another have no pair.
    """
    length = mean_lengths(points)
    length[list(unique)] = length[:, list(unique)] = np.inf
    known = np.where(np.isfinite(length), length + 1, 0)  # to scipy, 0 is no line
    tree = np.argwhere(minimum_spanning_tree(known).toarray() > 0)
    edges = {
        tuple(sorted(pair)) for pair in [*map(tuple, skeleton), *tree.tolist()] if np.isfinite(length[pair[0], pair[1]])
    }
    degree = np.zeros(len(length), int)
    for pair in edges:
        degree[list(pair)] += 1
    rows, columns = np.triu_indices(len(length), 1)
    for index in np.argsort(length[rows, columns], kind="stable"):
        pair = int(rows[index]), int(columns[index])
        if np.isfinite(length[pair]) and pair not in edges and (degree[list(pair)] < MAX_KEYPOINT_DEGREE).all():
            edges.add(pair)
            degree[list(pair)] += 1
    return tuple(sorted((int(a), int(b)) for a, b in edges))


def mean_lengths(points: np.ndarray) -> np.ndarray:
    """Compute the mean distance of each pair of keypoints within an animal, f64[keypoint, keypoint] px.

    It is infinite for pairs that are never seen together. `points` f32[frame, individual, keypoint, 2] px, NaN = not
    there.
    """
    animals = points.reshape(-1, *points.shape[2:]).astype(np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of pairs that are never seen
        rows = [np.nanmean(np.linalg.norm(animals - animals[:, [k]], axis=-1), axis=0) for k in range(animals.shape[1])]
    length = np.nan_to_num(np.array(rows), nan=np.inf)
    np.fill_diagonal(length, np.inf)
    return length
