"""Prediction of the labelled frames, by the engine that analyses the videos."""

from pathlib import Path

import numpy as np
import pandas as pd

from marey import candidates, dataset, engines, inference
from marey.animals import Plan
from marey.tables import affinities, detections, files, labels, predictions


def predict_frames(
    dataset_path: Path,
    splits_path: Path,
    model: engines.Model,
    out: Path,
    *,
    fold: int,
    engine: str,
    flip: bool = False,
    provenance: dict,
) -> None:
    """Write the `predictions` table: what a model says of every labelled frame, beside the truth.

    `engine` and `flip` as `infer.engine` and `infer.flip`.
    """
    engine = engines.choose(engine)
    detector, facts = engines.start(model, engine=engine, batch_size=inference.BATCH, flip=flip)
    labelled = dataset.load(dataset_path, keypoints=detector.keypoints)
    parts = dataset.parts(splits_path, labelled, fold=fold)
    points, confidence = inference.detect_all(detector, labelled.images, scale=facts["preprocessing"]["scale"])
    count = detector.keypoints
    truth = labelled.points[:, 0]
    table = {
        "video": np.repeat(labelled.video, count),
        "frame": np.repeat(labelled.frame, count),
        "individual": np.repeat([names[0] for names in labelled.individuals], count),
        "keypoint": np.tile(facts["keypoints"], len(labelled)),
        "part": np.repeat(parts["part"].to_numpy(), count),
        "group": np.repeat(parts["group"].to_numpy(), count),
        "x": points[..., 0].ravel(),
        "y": points[..., 1].ravel(),
        "confidence": confidence.ravel(),
        "spread": np.nan,  # of one model
        "true_x": truth[..., 0].ravel(),
        "true_y": truth[..., 1].ravel(),
        "visibility": np.array(labels.VISIBILITIES)[labelled.visibility[:, 0].ravel()],
    }
    provenance = {**provenance, **inference.device(), "engine": engine}
    files.write(out, pd.DataFrame(table), predictions.SCHEMA, provenance=provenance)


def detect_frames(
    dataset_path: Path,
    members: list[engines.Model],
    detections_out: Path,
    affinities_out: Path,
    *,
    engine: str,
    flip: bool = False,
    provenance: dict,
) -> None:
    """Write the tables `detections` and `affinities` of every labelled frame, pooled over `members`.

    `engine` and `flip` as `infer.engine` and `infer.flip`.
    """
    engine = engines.choose(engine)
    started = [engines.start(model, engine=engine, batch_size=inference.BATCH, flip=flip) for model in members]
    detectors, (facts, *_) = zip(*started, strict=True)
    plan, scale = Plan.from_facts(facts), facts["preprocessing"]["scale"]
    labelled = dataset.load(dataset_path, keypoints=len(facts["keypoints"]))
    finder = candidates.Finder(detectors, plan)
    seen = inference.look_at_all(finder, labelled.images, scale=scale, batch_size=inference.BATCH)
    found = candidates.Found(*map(np.stack, zip(*seen, strict=True)))
    rows, pairs, _ = candidates.rows(found._replace(spread=found.spread / scale), facts["keypoints"], plan.edges)
    provenance = {**provenance, **inference.device(), "engine": engine}
    for out, table, schema in (
        (detections_out, rows | {"fault": np.zeros(len(rows["row"]), bool)}, detections.SCHEMA),
        (affinities_out, pairs, affinities.SCHEMA),
    ):
        row = table.pop("row")
        place = {"video": np.array(labelled.video)[row], "frame": labelled.frame[row]}
        files.write(out, pd.DataFrame(place | table), schema, provenance=provenance)
