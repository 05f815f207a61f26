"""A single animal, which is followed through a window."""

from collections.abc import Sequence

from marey.inference.detector import Detector
from marey.inference.following import Followed, window_side
from marey.networks.outputs import Layout


def start(
    detectors: Sequence[Detector], layout: Layout, metadata: dict, *, window: int | str | None, group: int | None, **_
) -> Followed:
    """Make the finder of a single animal; `window` and `group` as `finder.start_finder` takes them."""
    scale = metadata["preprocessing"]["scale"]
    side = window_side(metadata["extent"] * scale) if window == "auto" else window
    return Followed(detectors, side=side, group=group)
