"""Points in space of a session: of each keypoint at each time, by what the cameras see of it then.

How far views disagree is learnt: sigma_px says how far a network is off in one camera, and calibration, synchrony and
what a keypoint is taken to be in other views add to that. All sigma are multiplied by one factor, such that the
squared distances in the images are as they should be (see `noise_factor`). Where sigma_px comes from labels and the
factor is below one, views agree better than they are right: they share errors, which `shared_factor` adds to the doubt.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import chdtri  # scipy.stats has the same, and takes 30 MB

from marey.multiview.camera_names import check_names
from marey.multiview.cameras import Camera
from marey.multiview.clock import Clock
from marey.multiview.session import SessionTables, blocks, check_sizes, read_session
from marey.multiview.triangulation import NO_PARTNER, Found, triangulate
from marey.multiview.views import Layout, Views, read_views, sigma_is_measured
from marey.tables import files
from marey.tables.points import COVARIANCE, POINTS, UPPER

BATCH = 16_384  # points that are worked out together
LEARNING_PARTS = 8  # of the session, evenly over its length
LEARNING_POINTS = 4_000  # of each
MIN_LEARNT = 100  # points with more views than they need; of fewer nothing is learnt
FIRST_FACTOR, LOWEST_FACTOR = 8.0, 0.1  # learning comes from above: from below, views that disagree are rejected
LEARNING_STEPS = 6
# A pair that agrees is confirmed by nobody: of 100 made pairs with outliers in every tenth view, one or two agree by
# chance. Variances of two views are multiplied by this.
TWO_VIEWS = 1.5


def triangulate_session(
    tables: SessionTables,
    probes: Mapping[str, str | Path],
    out: str | Path,
    *,
    config: dict,
    provenance: dict | None = None,
) -> None:
    """Write the table `points` of a session: a row for each point at each time, whether it has a position or not.

    Args:
        tables: the files of the session.
        probes: of each camera the table `probe` of its video.
        out: where to write.
        config: `tolerance`, `min_views`, `min_confidence`, `measurement_noise`, `offsets` (s, by camera), `keypoints`
            and `symmetry`.
        provenance: what the result was made from, for its metadata.

    Raises:
        ValueError: a camera of the session is not in `cameras`, was calibrated in images of another size, or has
            another's name.
    """
    check_sizes(tables.cameras, probes)
    session = read_session(tables, config)
    check_names(session, tables.tracks, config)
    cameras, clock, layout = session
    factor = learn_noise(cameras, tables.tracks, clock, layout, config=config)
    told = told_factor(factor, tables.tracks)
    with files.writer(out, POINTS, provenance=provenance) as append:
        for start, stop in blocks(len(clock.time), layout.size * len(cameras)):
            views = read_views(tables.tracks, clock, layout, start, stop, config=config)
            for at in blocks(stop - start, layout.size, most=BATCH):
                part = Views(*(values[slice(*at)] for values in views))
                append(
                    _rows(cameras, part, clock.time[start:][slice(*at)], start + at[0], layout, (factor, told), config)
                )


def learn_noise(
    cameras: list[Camera], tracks: Mapping[str, str | Path], clock: Clock, layout: Layout, *, config: dict
) -> float:
    """Learn what sigma has to be multiplied by, from some parts of a session; see `noise_factor`."""
    length = max(1, LEARNING_POINTS // max(1, layout.size))
    starts = np.unique(np.linspace(0, max(0, len(clock.time) - length), LEARNING_PARTS).astype(int))
    parts = [
        read_views(tracks, clock, layout, start, min(start + length, len(clock.time)), config=config)
        for start in starts
    ]
    seen, sigma = (np.concatenate([part[at].reshape(-1, *part[at].shape[2:]) for part in parts]) for at in (0, 1))
    partner = np.concatenate([partners(layout, len(part.seen)) for part in parts])
    ahead = np.cumsum([0, *(len(part.seen) * layout.size for part in parts)])[:-1]
    ahead = np.repeat(ahead, [len(part.seen) * layout.size for part in parts])
    partner = np.where(partner >= 0, partner + ahead, NO_PARTNER)
    return noise_factor(cameras, seen, sigma, partner, config["tolerance"])


def noise_factor(
    cameras: list[Camera], seen: np.ndarray, sigma: np.ndarray, partner: np.ndarray, tolerance: float
) -> float:
    """Learn what sigma has to be multiplied by, from points with more views than they need.

    With the right sigma, the sum of a point's squared distances over m views is spread as chi2 of 2 m - 3 degrees of
    freedom. The factor makes the median of (sum / median of its chi2) one. Arguments are as of `triangulate`. Returns 1
    where there are too few points.
    """
    factor = FIRST_FACTOR
    for _ in range(LEARNING_STEPS):
        found = triangulate(cameras, seen, factor * sigma, tolerance=tolerance, partner=partner)
        views = found.used.sum(axis=1)
        spare = views > 2
        if spare.sum() < MIN_LEARNT:
            return 1.0
        sums = np.where(found.used, found.squares, 0.0).sum(axis=1)[spare]
        before, factor = factor, factor * np.sqrt(np.median(sums / chdtri(2 * views[spare] - 3, 0.5)))
        factor = max(float(factor), LOWEST_FACTOR)
        if abs(factor / before - 1) < 0.01:
            break
    return factor


def told_factor(factor: float, tracks: Mapping[str, str | Path]) -> float:
    """Return the part of the noise factor that tells of shared errors: where sigma_px is measured, what is below 1."""
    return min(factor, 1.0) if sigma_is_measured(tracks) else 1.0


def shared_factor(factor: float, views: np.ndarray) -> np.ndarray:
    """Compute how much larger the variance of points is than that of the errors which views do not share.

    The images of m views are 2 m numbers, of which a point explains 3: disagreement shows in 2 m - 3 of them. There the
    variance is factor^2 as large as sigma_px says of all; what is missing lies in the 3, where no view contradicts.

    Args:
        factor: as of `told_factor`; 1 and above: nothing is missing.
        views: i64[...], views used.

    Returns:
        f64[...], 1 where nothing is missing.
    """
    seen = 2 * np.maximum(views, 2)
    return np.where(factor < 1, (seen - (seen - 3) * factor**2) / (3 * factor**2), 1.0)


def partners(layout: Layout, ticks: int) -> np.ndarray:
    """Find for each point of some ticks, i64[tick x point], the row of the same keypoint on the other side."""
    keypoint = np.tile(np.arange(len(layout.keypoints)), ticks * len(layout.individuals))
    row = np.arange(len(keypoint))
    other = layout.partner[keypoint]
    return np.where(other >= 0, row + other - keypoint, NO_PARTNER)


def widened(found: Found) -> np.ndarray:
    """Return the covariances of points, f64[point, 3, 3], those of two views TWO_VIEWS times as large."""
    return np.where((found.used.sum(axis=1) == 2)[:, None, None], TWO_VIEWS, 1.0) * found.covariance


def _rows(cameras, views: Views, time, first: int, layout: Layout, factors, config: dict) -> pd.DataFrame:
    """The rows of some times; `factors` are that of sigma, and the part of it that tells of shared errors."""
    ticks, (factor, told) = len(views.seen), factors
    seen, sigma, sure = (values.reshape(ticks * layout.size, *values.shape[2:]) for values in views)
    found = triangulate(
        cameras,
        seen,
        factor * sigma,
        tolerance=config["tolerance"],
        min_views=config["min_views"],
        partner=partners(layout, ticks),
    )
    used = found.used.sum(axis=1)
    shared = shared_factor(told, used)
    covariance = shared[:, None, None] * widened(found)
    tick, individual, keypoint = np.unravel_index(
        np.arange(len(seen)), (ticks, len(layout.individuals), len(layout.keypoints))
    )
    return pd.DataFrame(
        {
            "frame": first + tick,
            "time": time[tick],
            "individual": pd.Categorical.from_codes(individual, layout.individuals).astype(str),
            "keypoint": pd.Categorical.from_codes(keypoint, layout.keypoints).astype(str),
            **dict(zip("xyz", found.position.T, strict=True)),
            **dict(zip(COVARIANCE, covariance[:, *UPPER].T, strict=True)),
            "views_seen": np.isfinite(seen[..., 0]).sum(axis=1),
            "views_used": used,
            "views_exchanged": found.exchanged.sum(axis=1),
            "reproj_px": _reprojection(found, factor * sigma),
            "confidence": np.where(found.used, sure, 0.0).sum(axis=1) / np.maximum(used, 1),
            "noise_factor": np.full(len(seen), factor),
            "shared_factor": shared,
        }
    )


def _reprojection(found: Found, sigma: np.ndarray) -> np.ndarray:
    squares = np.where(found.used, found.squares * sigma**2, 0.0).sum(axis=1)
    used = found.used.sum(axis=1)
    return np.sqrt(squares / np.where(used, used, np.nan))
