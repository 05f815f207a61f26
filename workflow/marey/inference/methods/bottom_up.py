"""Several animals bottom-up: candidates of all keypoints in the whole image, and what joins them."""

from collections.abc import Sequence

from marey.inference.candidates import BottomUp
from marey.inference.detector import Detector
from marey.networks.outputs import Layout


def start(detectors: Sequence[Detector], layout: Layout, metadata: dict, *, appearance: bool, **_) -> BottomUp:
    """Make the finder of several animals; `appearance` as `finder.start_finder` takes it."""
    return BottomUp(detectors, layout, appearance=appearance)
