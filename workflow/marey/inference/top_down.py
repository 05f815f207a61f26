"""Top-down analysis: animals are located in the whole picture, then each is looked at in a square of its own.

As SLEAP's centroid and centred-instance models (Pereira et al. 2022); the locator sees the picture much reduced.
"""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from marey.inference import candidates, engines, ensemble
from marey.inference.candidates import Found
from marey.inference.detector import Detector
from marey.networks.outputs import Plan
from marey.pictures import squares
from marey.pictures.views import Picture

LEAST = 0.1  # confidence below which a centre is not looked at


def finder(
    detectors: Sequence[Detector], locators: list[engines.Model], facts: dict, *, looks: bool = False, **how
) -> Callable[[Sequence[Picture]], Found]:
    """Finds several animals in pictures of one size by the method that the detectors were trained for.

    Px of their inputs for the whole of each picture. `locators`, and `how` they are started, count top-down; `looks`,
    whether to say what animals look like, counts bottom-up.
    """
    plan = Plan.from_facts(facts)
    if plan.side:
        return Finder(detectors, locators, facts, **how)
    bottom_up = candidates.Finder(detectors, plan, looks=looks)
    return lambda pictures: bottom_up([picture.whole() for picture in pictures])


class Finder:
    """Finds the animals of pictures of one size with two ensembles, of `locators` and of `detectors`.

    `facts` are those of the detectors' bundles. Candidate number i of each keypoint is that of animal number i, the one
    whose centre is the surest first.
    """

    def __init__(self, detectors: Sequence[Detector], locators: list[engines.Model], facts: dict, **how):
        """`how` the locators are started: see `engines.start`."""
        started = [engines.start(locator, **how) for locator in locators]
        located = started[0][1]
        self._locate = candidates.Finder([detector for detector, _ in started], Plan.from_facts(located))
        self._reduction = located["preprocessing"]["scale"] / facts["preprocessing"]["scale"]
        self._look = partial(ensemble.look, detectors, sigma=facts["architecture"]["sigma"])
        self._side, self._keypoints = Plan.from_facts(facts).side, len(facts["keypoints"])

    def __call__(self, pictures: Sequence[Picture]) -> Found:
        """What is found in n pictures, px of the detectors' inputs for the whole of each; without affinities."""
        reduced = [picture.scaled(self._reduction) for picture in pictures]
        centres = self._locate([picture.whole() for picture in reduced])
        row, candidate = np.nonzero(centres.confidence[:, :, 0] >= LEAST)
        places = [
            pictures[index].to_input(reduced[index].to_image(place))
            for index, place in zip(row, centres.points[row, candidate, 0], strict=True)
        ]
        seen = squares.find(self._look, [pictures[index] for index in row], places, side=self._side)
        shape = *centres.confidence.shape[:2], self._keypoints
        points, spread = np.full((*shape, 2), np.nan, np.float32), np.full(shape, np.nan, np.float32)
        confidence = np.zeros(shape, np.float32)
        for array, values in zip((points, confidence, spread), seen, strict=True):
            array[row, candidate] = values
        nothing = np.zeros((len(pictures), 0, *2 * shape[1:2]), np.float32), np.zeros((*shape, 0), np.float32)
        return Found(points, confidence, spread, *nothing)
