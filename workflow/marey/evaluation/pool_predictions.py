"""Pooled predictions: what the models of a fold together say of the labelled frames, calibrated."""

from pathlib import Path

from marey.evaluation.confidence import apply_curves
from marey.evaluation.members import pool_members
from marey.tables import files
from marey.tables.confidence_curves import CONFIDENCE_CURVES
from marey.tables.pooled import POOLED


def pool_predictions(
    member_paths: list[Path], metadata_path: Path, curves_path: Path, out: Path, *, provenance: dict | None = None
) -> None:
    """Write the table `pooled`: the members' predictions as one, with confidence and sigma calibrated.

    Args:
        member_paths: table `predictions` of each member, or the table `matched` of all.
        metadata_path: metadata of one of the members.
        curves_path: table `confidence_curves` of the fold.
        out: the table that is written.
        provenance: metadata of the table.
    """
    points = pool_members(member_paths, metadata_path)
    curves = files.read(curves_path, CONFIDENCE_CURVES)
    sure, sigma = apply_curves(points, curves)
    points = points.assign(raw_confidence=points["confidence"], confidence=sure, sigma_px=sigma)
    points["tolerance"] = curves["tolerance"].iloc[0]
    files.write(out, points, POOLED, provenance=provenance)
