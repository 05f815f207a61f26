"""Detection: candidates of the labelled frames that show several animals, by the engine that analyses the videos."""

from pathlib import Path

import numpy as np
import pandas as pd

from marey.inference import detector, engines, finder
from marey.inference.found import table_columns
from marey.labels import dataset
from marey.networks.metadata import own_keypoints
from marey.tables import files
from marey.tables.affinities import AFFINITIES
from marey.tables.detections import DETECTIONS
from marey.tables.scales import frame_scales


def detect_frames(
    dataset_path: Path,
    members: list[engines.ModelFiles],
    locators: list[engines.ModelFiles],
    detections_out: Path,
    affinities_out: Path | None = None,
    *,
    engine: str,
    flip: bool | str = False,
    scales_path: Path | None = None,
    provenance: dict,
) -> None:
    """Write the tables `detections` and, bottom-up, `affinities` of every labelled frame, pooled over `members`.

    Args:
        dataset_path: the table `dataset`.
        members: the models of the ensemble.
        locators: top-down, the models that find where the members are to look.
        detections_out: where to write `detections`.
        affinities_out: where to write `affinities`; None: nowhere.
        engine: as `infer.engine`.
        flip: as `infer.flip`.
        scales_path: table `scales` of the labelled frames, where the members are another experiment's.
        provenance: what the results were made from, for their metadata.

    Raises:
        BundleError: a model is broken, or locators are missing.
        EngineError: this machine cannot run the engine.
    """
    engine = engines.choose_engine(engine, quantised=None not in [member.quantised for member in members])
    how = {"engine": engine, "batch_size": detector.CPU_BATCH, "flip": flip}
    find, metadata = finder.start_finder(members, locators, **how)
    labelled = dataset.load_dataset(dataset_path, keypoints=len(own_keypoints(metadata)))
    own = metadata["preprocessing"]["scale"]
    scales = [each.scale or own for each in frame_scales(scales_path, labelled.video)]
    found = find.find_all(labelled.images, scale=scales)
    rows, pairs, _ = table_columns(found, metadata["keypoints"], find.layout.edges)
    provenance = {**provenance, **detector.device(), "engine": engine}
    tables = [(detections_out, rows | {"fault": np.zeros(len(rows["row"]), bool)}, DETECTIONS)]
    if affinities_out:
        tables.append((affinities_out, pairs, AFFINITIES))
    for out, table, schema in tables:
        row = table.pop("row")
        place = {"video": np.array(labelled.video)[row], "frame": labelled.frame[row]}
        files.write(out, pd.DataFrame(place | table), schema, provenance=provenance)
