"""Pooled predictions: what the models of a fold together say of the labelled frames, calibrated."""

from pathlib import Path

import numpy as np
import pandas as pd

from marey.evaluation.confidence import apply_curves, magnified
from marey.evaluation.members import pool_members
from marey.tables import files
from marey.tables.confidence_curves import CONFIDENCE_CURVES
from marey.tables.pooled import POOLED
from marey.tables.scales import frame_scales


def pool_predictions(
    member_paths: list[Path],
    metadata_path: Path,
    curves_path: Path,
    out: Path,
    *,
    scales_path: Path | None = None,
    provenance: dict | None = None,
) -> None:
    """Write the table `pooled`: the members' predictions as one, with confidence and sigma calibrated.

    Args:
        member_paths: table `predictions` of each member, or the table `matched` of all.
        metadata_path: metadata of one of the members.
        curves_path: table `confidence_curves` of the fold.
        out: the table that is written.
        scales_path: table `scales` of the labelled frames, where the members are another experiment's.
        provenance: metadata of the table.
    """
    points = pool_members(member_paths, metadata_path)
    curves = files.read(curves_path, CONFIDENCE_CURVES)
    magnification = np.array([each.magnification for each in frame_scales(scales_path, points["video"])])
    parts = [_calibrated(points[magnification == each], magnified(curves, each)) for each in np.unique(magnification)]
    files.write(out, pd.concat(parts).sort_index(), POOLED, provenance=provenance)


def _calibrated(points: pd.DataFrame, curves: pd.DataFrame) -> pd.DataFrame:
    sure, sigma = apply_curves(points, curves)
    tolerance = curves["tolerance"].iloc[0]
    return points.assign(raw_confidence=points["confidence"], confidence=sure, sigma_px=sigma, tolerance=tolerance)
