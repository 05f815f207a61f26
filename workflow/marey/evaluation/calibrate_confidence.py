"""The curves that give confidence and sigma of a fold's models their meaning, fitted to its validation frames."""

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
    """Write the `calibration` of the ensemble whose members' `predictions` are given, and the metadata of one of them.

    `config` holds the block `calibrate_confidence`.
    """
    points = pool_members(member_paths, metadata_path)
    labelled = points[points["part"] != "test"]
    tolerance = config["calibrate_confidence"]["tolerance"] * residuals.body_length(residuals.scored(labelled))
    if not np.isfinite(tolerance):
        _log.warning(
            "no animal has two labelled keypoints, so there is no body length for `calibrate_confidence.tolerance`"
        )
    curves = fit_curves(labelled[labelled["part"] == "validation"], tolerance=tolerance)
    files.write(out, curves, CONFIDENCE_CURVES, provenance=provenance)
