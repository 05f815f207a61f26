"""Prediction of the labelled frames, by the engine that analyses the videos."""

from pathlib import Path

import numpy as np
import pandas as pd

from marey.inference import engines
from marey.inference.candidates import Single
from marey.inference.detector import CPU_BATCH, device
from marey.labels import dataset
from marey.tables import files, labels
from marey.tables.predictions import PREDICTIONS
from marey.tables.scales import frame_scales


def predict_frames(
    dataset_path: Path,
    splits_path: Path,
    model: engines.ModelFiles,
    out: Path,
    *,
    fold: int,
    engine: str,
    flip: bool | str = False,
    scales_path: Path | None = None,
    provenance: dict,
) -> None:
    """Write the table `predictions`: what a model finds in every labelled frame, beside the truth.

    Args:
        dataset_path: the table `dataset`.
        splits_path: the table `splits`.
        model: its files.
        out: where to write.
        fold: that the model was trained in.
        engine: as `infer.engine`.
        flip: as `infer.flip`.
        scales_path: table `scales` of the labelled frames, where the model is another experiment's.
        provenance: what the result was made from, for its metadata.

    Raises:
        BundleError: the model is broken.
        EngineError: this machine cannot run the engine.
    """
    engine = engines.choose_engine(engine, quantised=model.quantised is not None)
    detector, metadata = engines.start_detector(model, engine=engine, batch_size=CPU_BATCH, flip=flip)
    count = len(metadata["keypoints"])
    labelled = dataset.load_dataset(dataset_path, keypoints=count)
    parts = dataset.frame_parts(splits_path, labelled, fold=fold)
    own = metadata["preprocessing"]["scale"]
    scales = [each.scale or own for each in frame_scales(scales_path, labelled.video)]
    found = Single(detector).find_all(labelled.images, scale=scales)
    points = found.points[:, 0]
    truth = labelled.points[:, 0]
    table = {
        "video": np.repeat(labelled.video, count),
        "frame": np.repeat(labelled.frame, count),
        "individual": np.repeat([names[0] for names in labelled.individuals], count),
        "keypoint": np.tile(metadata["keypoints"], len(labelled)),
        "part": np.repeat(parts["part"].to_numpy(), count),
        "group": np.repeat(parts["group"].to_numpy(), count),
        "x": points[..., 0].ravel(),
        "y": points[..., 1].ravel(),
        "confidence": found.confidence[:, 0].ravel(),
        "spread": np.nan,  # of one model
        "true_x": truth[..., 0].ravel(),
        "true_y": truth[..., 1].ravel(),
        "visibility": np.array(labels.VISIBILITIES)[labelled.visibility[:, 0].ravel()],
    }
    provenance = {**provenance, **device(), "engine": engine}
    files.write(out, pd.DataFrame(table), PREDICTIONS, provenance=provenance)
