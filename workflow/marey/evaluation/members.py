"""Members of an ensemble: the predictions of the models of a fold, as one."""

from pathlib import Path

import numpy as np
import pandas as pd

from marey.inference import ensemble
from marey.networks.metadata import peak_sigma, read_metadata
from marey.networks.reach import reach_between
from marey.tables import files
from marey.tables.predictions import PREDICTIONS

PREDICTION_KEY = ["video", "frame", "individual", "keypoint", "part"]


def pool_members(paths: list[Path], metadata_path: Path) -> pd.DataFrame:
    """Pool the tables `predictions` of an ensemble's members, with their `spread` (px); see `ensemble.pool`.

    One table stays as it is: it is of one member, or the table `matched`, whose members were pooled before. Raises
    TableError where two tables are not of the same frames.
    """
    if len(paths) == 1:
        return files.read(paths[0], PREDICTIONS)
    metadata = read_metadata(metadata_path)
    tables = [files.read(path, PREDICTIONS) for path in paths]
    for path, table in zip(paths, tables, strict=True):
        if not table[PREDICTION_KEY].equals(tables[0][PREDICTION_KEY]):
            raise files.TableError(f"{path}: not the frames of {paths[0]}. Delete both and run again.")
    by_frame = len(tables), -1, len(metadata["keypoints"])
    points = np.stack([table[["x", "y"]] for table in tables]).reshape(*by_frame, 2)
    confidence = np.stack([table["confidence"] for table in tables]).reshape(by_frame)
    reach = reach_between(metadata)
    points, confidence, spread = ensemble.pool(points, confidence, sigma=peak_sigma(metadata), reach=reach)
    x, y = points.reshape(-1, 2).T
    return tables[0].assign(x=x, y=y, confidence=confidence.ravel(), spread=spread.ravel())
