"""Validation: how far a network that is being trained is off on frames that do not train it."""

import numpy as np

from marey.inference.candidates import BottomUp, Single
from marey.inference.detector import CPU_BATCH, Detector
from marey.networks.network import PoseNetwork
from marey.pictures import squares
from marey.pictures.views import Picture
from marey.training.tasks import Task


def error(network: PoseNetwork, params: dict, task: Task, chosen: np.ndarray) -> float:
    """Mean distance over the labelled keypoints of the rows `chosen` of a task's labels, px; NaN where there are none.

    With several animals in an image, the distance to the nearest candidate of the keypoint; where there is none, the
    longer side of the image.
    """
    labelled, distances = task.labelled, []
    for index, points in zip(chosen, _find(network, params, task, chosen), strict=True):
        nearest = np.linalg.norm(points[:, None] - labelled.points[index], axis=-1)  # [candidate, animal, keypoint]
        nearest = np.nan_to_num(nearest, nan=max(labelled.images.shapes[index])).min(axis=0)
        distances.append(nearest[np.isfinite(labelled.points[index]).all(axis=-1)])
    measured = np.concatenate([np.empty(0), *distances])
    return float(measured.mean()) if len(measured) else np.nan


def _find(network: PoseNetwork, params: dict, task: Task, chosen: np.ndarray) -> list[np.ndarray]:
    """Points f32[candidate, keypoint, 2] px that the network finds in each of the rows `chosen`.

    Top-down, it is told where the animals are: a locator learns apart from it.
    """
    detector = Detector(network, params, batch_size=CPU_BATCH)
    labelled, scale, layout = task.labelled, task.config["model"]["scale"], task.layout
    if not len(chosen):
        return []
    images = (labelled.images[index] for index in chosen)
    if not layout.side:
        find = Single(detector) if layout.single else BottomUp([detector], layout)
        return list(find.find_all(images, scale=scale).points)
    pictures = [Picture(image, scale) for image in images]
    middles = squares.box_middles(labelled.points[chosen, 0])
    centres = [picture.to_input(each) for picture, each in zip(pictures, middles, strict=True)]
    points, _ = squares.look_at_squares(detector, pictures, centres, side=layout.side)
    return [picture.to_image(each)[None] for picture, each in zip(pictures, points, strict=True)]


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
