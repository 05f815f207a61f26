"""Validation: how far a network that is being trained is off on frames that do not train it."""

import numpy as np

from marey.inference import candidates
from marey.inference.detector import BATCH, Detector, look_at_all
from marey.networks.network import PoseNetwork
from marey.pictures import squares
from marey.pictures.views import Picture
from marey.training.tasks import Task


def error(network: PoseNetwork, params: dict, task: Task, chosen: np.ndarray) -> float:
    """Mean distance over the labelled keypoints of the rows `chosen` of a task's labels, px; NaN where there are none.

    With several animals in a picture, the distance to the nearest candidate of the keypoint; where there is none, the
    longer side of the picture.
    """
    labelled, distances = task.labelled, []
    for index, points in zip(chosen, _look(network, params, task, chosen), strict=True):
        found = points.reshape(-1, 1, *points.shape[-2:])  # [candidate, 1, keypoint, 2]
        nearest = np.linalg.norm(found - labelled.points[index], axis=-1)
        nearest = np.nan_to_num(nearest, nan=max(labelled.images.shapes[index])).min(axis=0)
        distances.append(nearest[np.isfinite(labelled.points[index]).all(axis=-1)])
    measured = np.concatenate([np.empty(0), *distances])
    return float(measured.mean()) if len(measured) else np.nan


def _look(network: PoseNetwork, params: dict, task: Task, chosen: np.ndarray) -> list[np.ndarray]:
    """Points f32[..., keypoint, 2] px that the network finds in each of the rows `chosen`."""
    detector = Detector(network, params, batch_size=BATCH)
    labelled, scale, side = task.labelled, task.config["model"]["scale"], task.plan.side
    images = (labelled.images[index] for index in chosen)
    if side:
        pictures = [Picture(image, scale) for image in images]
        middles = squares.middle(labelled.points[chosen, 0])
        centres = [picture.to_input(each) for picture, each in zip(pictures, middles, strict=True)]
        points, _ = squares.find(detector, pictures, centres, side=side)
        return [picture.to_image(each) for picture, each in zip(pictures, points, strict=True)]
    look = detector if task.plan.single else candidates.Finder([detector], task.plan)
    return [points for points, *_ in look_at_all(look, images, scale=scale, batch_size=BATCH)]


def best(errors: list[float], patience: int) -> tuple[int, bool]:
    """Where in `errors` (px, NaN = not looked) the least is, and whether `patience` further looks have not bettered it.

    What comes after those looks does not count.
    """
    found, waited = -1, 0
    for index, error in enumerate(errors):
        if not np.isnan(error):
            better = found < 0 or error < errors[found]
            found, waited = (index, 0) if better else (found, waited + 1)
            if waited == patience:
                return found, True
    return found, False
