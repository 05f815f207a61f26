"""Truth of a scene, exact: positions in the image of a camera, and whether they can be seen."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from marey.synth import animal
from marey.synth.render import Renderer
from marey.synth.scenery import cast_rays
from marey.synth.tracing import SKIN_TOLERANCE, hidden, project_solids
from marey.tables.labels import VISIBILITIES

_VISIBLE, _OCCLUDED, _ABSENT, _ = VISIBILITIES


def truth_labels(renderer: Renderer, frames: Iterable[int], *, video: str) -> pd.DataFrame:
    """Compute truth in the image as labels: video, frame, individual, keypoint, x, y (px, f64), visibility, annotator.

    A point outside the image is absent and has no position; one is occluded where another animal, the shelter, a rim of
    the arena or the animal's own body lies before it. All animals are listed in all frames.
    """
    frames = np.asarray(list(frames), int)
    views = [_view(renderer, frame) for frame in frames]
    position = np.concatenate([np.empty((0, 2)), *(view[0].reshape(-1, 2) for view in views)])
    visibility = np.concatenate([np.empty(0, object), *(view[1].ravel() for view in views)])
    rows = _rows(renderer, frames).assign(
        x=position[:, 0], y=position[:, 1], visibility=visibility, annotator="truth", video=video
    )
    return rows[["video", "frame", "individual", "keypoint", "x", "y", "visibility", "annotator"]]


def _rows(renderer: Renderer, frames: np.ndarray) -> pd.DataFrame:
    index = pd.MultiIndex.from_product(
        [frames, renderer.scene.names, animal.KEYPOINTS], names=["frame", "individual", "keypoint"]
    )
    return index.to_frame(index=False)


def _view(renderer: Renderer, frame: int) -> tuple[np.ndarray, np.ndarray]:
    """Compute positions f64[individual, keypoint, 2], px, NaN outside, and visibilities str[individual, keypoint]."""
    scene, camera, states = renderer.scene, renderer.camera, renderer.states[frame]
    position, depth = camera.project(animal.keypoint_positions(scene, states))
    outside = ~((position >= 0) & (position < camera.size)).all(axis=-1)
    covered = cast_rays(scene, camera, position)[1] < depth - SKIN_TOLERANCE
    outlines = [project_solids(figure.solids, camera) for figure in animal.figures(scene, states)]
    covered |= hidden(outlines, position, depth)
    position = np.where(outside[..., None], np.nan, position)
    return position, np.where(outside, _ABSENT, np.where(covered, _OCCLUDED, _VISIBLE))
