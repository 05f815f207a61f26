"""Candidates of labelled frames, by which the graph is fitted and animals are matched with labels."""

from pathlib import Path

import numpy as np
import pandas as pd

from marey.assembly.instances import Evidence
from marey.labels.dataset import LabelledFrames
from marey.tables import files
from marey.tables.affinities import AFFINITIES
from marey.tables.detections import DETECTIONS


def read_evidence(
    detections_path: Path, affinities_path: Path | None, labelled: LabelledFrames, metadata: dict
) -> tuple[pd.DataFrame, Evidence]:
    """Read the candidates of labelled frames, and the pairs of them.

    Args:
        detections_path: table `detections`.
        affinities_path: table `affinities`; None top-down.
        labelled: the labelled frames, by which frames are numbered.
        metadata: of the networks.

    Returns:
        The rows of `detections`, with the index of the labelled frame as frame, and the evidence.
    """
    rows = index_frames(files.read(detections_path, DETECTIONS), labelled)
    pairs = files.read(affinities_path, AFFINITIES) if affinities_path else files.empty(AFFINITIES)
    edges = metadata["animals"]["edges"]
    return rows, Evidence.from_tables(rows, index_frames(pairs, labelled), keypoints=metadata["keypoints"], edges=edges)


def index_frames(table: pd.DataFrame, labelled: LabelledFrames) -> pd.DataFrame:
    """Put the index in `labelled` in place of video and frame of a table of labelled frames, and sort by it."""
    index = {key: row for row, key in enumerate(zip(labelled.video, labelled.frame.tolist(), strict=True))}
    rows = [index[key] for key in zip(table["video"], table["frame"], strict=True)]
    return table.assign(frame=np.array(rows, np.int64)).sort_values("frame", kind="stable", ignore_index=True)
