"""Where a camera should see points by what all others see of them: the honest measure where there is no truth."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from marey.multiview.cameras import Camera, project_with_jacobian
from marey.multiview.triangulate_session import widened
from marey.multiview.triangulation import triangulate


class Expected(NamedTuple):
    """Where a camera should see points."""

    pixels: np.ndarray  # f64[point, 2], (x, y) px; NaN where the others find no point, or none that it can see
    covariance: np.ndarray  # f64[point, 2, 2], px^2, of that place: not of what the camera itself is off by
    used: np.ndarray  # bool[point, camera], views that the place comes from


def leave_out(
    cameras: Sequence[Camera],
    out: int,
    seen: np.ndarray,
    sigma: np.ndarray,
    *,
    tolerance: float,
    min_views: int,
    partner: np.ndarray,
) -> Expected:
    """Find where a camera should see points by all others.

    Args:
        cameras: all cameras.
        out: which of them is left out.
        seen: f64[point, camera, 2], as of `triangulate`, of all cameras.
        sigma: f64[point, camera], px.
        tolerance: deviations that a view may be away.
        min_views: views that a position needs.
        partner: i64[point], row of the same keypoint on the other side of the body.

    Returns:
        The places; there are none where fewer than two cameras are left.
    """
    rest = [at for at in range(len(cameras)) if at != out]
    found = triangulate(
        [cameras[at] for at in rest],
        seen[:, rest],
        sigma[:, rest],
        tolerance=tolerance,
        min_views=min_views,
        partner=partner,
    )
    pixels, jacobian = project_with_jacobian(cameras[out], found.position)
    used = np.zeros(seen.shape[:2], bool)
    used[:, rest] = found.used
    return Expected(pixels, jacobian @ widened(found) @ jacobian.swapaxes(-1, -2), used)
