"""Calibration of confidence: the curves that give confidence and sigma of a fold's models their meaning."""

import logging
from pathlib import Path

import numpy as np

from marey.evaluation import residuals
from marey.evaluation.confidence import fit_curves
from marey.evaluation.members import pool_members
from marey.tables import files
from marey.tables.confidence_curves import CONFIDENCE_CURVES

_log = logging.getLogger(__name__)


def calibrate_confidence(
    member_paths: list[Path], metadata_path: Path, out: Path, *, config: dict, provenance: dict | None = None
) -> None:
    """Fit the table `confidence_curves` of an ensemble to the validation frames of its fold, and write it.

    Args:
        member_paths: table `predictions` of each member, or the table `matched` of all.
        metadata_path: metadata of one of the members.
        out: the table that is written.
        config: holds the block `calibrate_confidence`.
        provenance: metadata of the table.
    """
    points = pool_members(member_paths, metadata_path)
    labelled = points[points["part"] != "test"]
    tolerance = config["calibrate_confidence"]["tolerance"] * residuals.body_length(residuals.scored_points(labelled))
    if not np.isfinite(tolerance):
        _log.warning(
            "no animal has two labelled keypoints, so there is no body length for `calibrate_confidence.tolerance`"
        )
    curves = fit_curves(labelled[labelled["part"] == "validation"], tolerance=tolerance)
    files.write(out, curves, CONFIDENCE_CURVES, provenance=provenance)
