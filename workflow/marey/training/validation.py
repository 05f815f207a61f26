"""Validation: how far a network that is being trained is off on frames that do not train it."""

import numpy as np

from marey.inference.candidates import BottomUp, Single
from marey.inference.detector import CPU_BATCH, Detector, batched
from marey.networks.network import PoseNetwork
from marey.pictures import squares
from marey.pictures.views import Picture
from marey.tables.history import HISTORY
from marey.training.tasks import Task

ERRORS = ("validation_error", "replay_error")  # columns of the table `history`


def errors(network: PoseNetwork, params: dict, task: Task, chosen: np.ndarray) -> dict[str, float]:
    """Compute ERRORS, as `mean_error` does: on the rows `chosen`, and on what the replay of the task holds out."""
    replayed = np.nan
    if task.replay:
        replayed = mean_error(network, params, task.before, np.arange(len(task.replay.held_out)))
    return dict(zip(ERRORS, (mean_error(network, params, task, chosen), replayed), strict=True))


def first_row(network: PoseNetwork, params: dict, task: Task, chosen: np.ndarray) -> dict[str, float]:
    """Make the row of table `history` that tells the `errors` before the first step: step 0."""
    return dict.fromkeys(HISTORY.names, np.nan) | {"step": 0} | errors(network, params, task, chosen)


def mean_error(network: PoseNetwork, params: dict, task: Task, chosen: np.ndarray) -> float:
    """Compute the mean error of a network on labelled frames.

    With several animals in an image, the distance of a keypoint to the nearest candidate of it counts; where there is
    none, the longer side of the image.

    Args:
        network: the network.
        params: {"params": tree of f32 arrays}, its parameters.
        task: the task with the labels.
        chosen: i64[n], rows of the task's labels.

    Returns:
        Mean distance over the labelled keypoints, px; NaN where there are none.
    """
    labelled, distances = task.labelled, []
    for index, points in zip(chosen, _find(network, params, task, chosen), strict=True):
        nearest = np.linalg.norm(points[:, None] - labelled.points[index], axis=-1)  # [candidate, animal, keypoint]
        nearest = np.nan_to_num(nearest, nan=max(labelled.images.shapes[index])).min(axis=0)
        distances.append(nearest[np.isfinite(labelled.points[index]).all(axis=-1)])
    measured = np.concatenate([np.empty(0), *distances])
    return float(measured.mean()) if len(measured) else np.nan


def _find(network: PoseNetwork, params: dict, task: Task, chosen: np.ndarray) -> list[np.ndarray]:
    """Find points f32[candidate, keypoint, 2] px in each of the rows `chosen`.

    Top-down, the network is told where the animals are: a locator learns apart from it.
    """
    detector = Detector(network, params, batch_size=CPU_BATCH)
    labelled, scale, layout = task.labelled, task.config["model"]["scale"], task.layout
    if not len(chosen):
        return []
    images = (labelled.images[index] for index in chosen)
    if not layout.side:
        find = Single(detector) if layout.single else BottomUp([detector], layout)
        return list(find.find_all(images, scale=scale).points)
    found, middles = [], squares.anchors(labelled.points[chosen, 0], layout.anchor)
    for part in batched(zip(images, middles, strict=True), CPU_BATCH):  # few whole images are in memory at once
        pictures = [Picture(image, scale) for image, _ in part]
        centres = [picture.to_input(middle) for picture, (_, middle) in zip(pictures, part, strict=True)]
        points, _ = squares.look_at_squares(detector, pictures, centres, side=layout.side)
        found += [picture.to_image(each)[None] for picture, each in zip(pictures, points, strict=True)]
    return found


def best_validation(errors: list[float], patience: int) -> tuple[int, bool]:
    """Find where in `errors` (px, NaN = not validated) the least is, and whether patience has run out.

    It has where `patience` further validations did not improve on it; what comes after those does not count.
    """
    found, waited = -1, 0
    for index, error in enumerate(errors):
        if not np.isnan(error):
            better = found < 0 or error < errors[found]
            found, waited = (index, 0) if better else (found, waited + 1)
            if waited == patience:
                return found, True
    return found, False
