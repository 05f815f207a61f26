"""Top-down analysis: animals are located in the whole image, then the networks see each in a square of its own.

As SLEAP's centroid and centred-instance models (Pereira et al. 2022); the locator sees the image much reduced.
"""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from marey.inference import engines, ensemble
from marey.inference.candidates import BottomUp, Finder
from marey.inference.detector import Detector
from marey.inference.found import Found, as_candidates
from marey.models.bundles import BundleError
from marey.networks.outputs import Layout, anchor_name
from marey.pictures import squares
from marey.pictures.views import Picture

MIN_CENTRE_CONFIDENCE = 0.1  # no square is cut about a centre of less

# Gives for n images of one size the anchor of each animal, f32[n, animal, 2], px of the input of the networks that
# are to look there; NaN where an image has fewer.
Locate = Callable[[Sequence[Picture]], np.ndarray]


class TopDown(Finder):
    """Finds the animals of frames by an ensemble that sees a square about each, where `locate` says.

    Candidate number i of each keypoint is that of animal number i.
    """

    def __init__(self, members: Sequence[Detector], layout: Layout, locate: Locate):
        super().__init__(layout, members[0].batch_size)
        self._look = partial(ensemble.pool_detections, members)
        self._locate = locate

    def __call__(self, pictures: Sequence[Picture], frames: Sequence[int] = ()) -> Found:
        """Find the animals, as `Finder` says."""
        centres = self._locate(pictures)
        row, animal = np.nonzero(np.isfinite(centres).all(axis=-1))
        seen = squares.look_at_squares(
            self._look, [pictures[index] for index in row], centres[row, animal], side=self.layout.side
        )
        shape = *centres.shape[:2], seen[1].shape[1]
        points, spread = np.full((*shape, 2), np.nan, np.float32), np.full(shape, np.nan, np.float32)
        confidence = np.zeros(shape, np.float32)
        for array, values in zip((points, confidence, spread), seen, strict=True):
            array[row, animal] = values
        return as_candidates(points, confidence, spread)


def start(
    detectors: Sequence[Detector],
    layout: Layout,
    metadata: dict,
    *,
    locators: Sequence[engines.ModelFiles],
    how: dict,
    **_,
) -> TopDown:
    """Make the finder of several animals; `locators` and `how` as `finder.start_finder` takes them."""
    anchor = anchor_name(metadata["keypoints"], layout.anchor)
    locate = start_locator(locators, anchor=anchor, scale=metadata["preprocessing"]["scale"], **how)
    return TopDown(detectors, layout, locate)


def start_locator(locators: Sequence[engines.ModelFiles], *, anchor: str, scale: float, **how) -> Locate:
    """Load the ensemble of `locators`, for networks that see a video at `scale`, in squares about the `anchor`.

    `how`: what `engines.start_detector` takes. Returns the function that finds the anchors of animals. Raises
    BundleError where the locators find something else.
    """
    started = [engines.start_detector(locator, **how) for locator in locators]
    metadata = started[0][1]
    if metadata["keypoints"] != [anchor]:
        raise BundleError(
            f"{locators[0].metadata}: finds the {metadata['keypoints'][0]} of animals, where the pose network looks "
            f"about the {anchor}; train both again, on the same labels"
        )
    find_centres = BottomUp([detector for detector, _ in started], Layout.from_metadata(metadata))
    reduction = metadata["preprocessing"]["scale"] / scale

    def locate(pictures: Sequence[Picture]) -> np.ndarray:
        reduced = [picture.scaled(reduction) for picture in pictures]
        found = find_centres(reduced)
        sure = found.confidence[:, :, 0] >= MIN_CENTRE_CONFIDENCE
        places = np.where(sure[..., None], found.points[:, :, 0], np.nan)
        views = zip(pictures, reduced, places, strict=True)
        return np.stack([picture.to_input(small.to_image(each)) for picture, small, each in views])

    return locate
