"""Detection: candidates of the labelled frames that show several animals, by the engine that analyses the videos."""

from pathlib import Path

import numpy as np
import pandas as pd

from marey.inference import candidates, detector, engines, top_down
from marey.labels import dataset
from marey.networks.outputs import Plan
from marey.pictures.views import Picture
from marey.tables import affinities, detections, files


def detect_frames(
    dataset_path: Path,
    members: list[engines.Model],
    locators: list[engines.Model],
    detections_out: Path,
    affinities_out: Path | None = None,
    *,
    engine: str,
    flip: bool = False,
    provenance: dict,
) -> None:
    """Write the tables `detections` and, bottom-up, `affinities` of every labelled frame, pooled over `members`.

    Top-down, the `locators` say where they are to look. `engine` and `flip` as `infer.engine` and `infer.flip`.
    """
    engine = engines.choose(engine)
    how = {"engine": engine, "batch_size": detector.BATCH, "flip": flip}
    detectors, (facts, *_) = zip(*(engines.start(model, **how) for model in members), strict=True)
    find = top_down.finder(detectors, locators, facts, **how)
    plan, scale = Plan.from_facts(facts), facts["preprocessing"]["scale"]
    labelled = dataset.load(dataset_path, keypoints=len(facts["keypoints"]))
    seen = detector.look_at_all(find, labelled.images, scale=scale, batch_size=detector.BATCH, prepare=Picture)
    found = candidates.Found(*map(np.stack, zip(*seen, strict=True)))
    rows, pairs, _ = candidates.rows(found._replace(spread=found.spread / scale), facts["keypoints"], plan.edges)
    provenance = {**provenance, **detector.device(), "engine": engine}
    tables = [(detections_out, rows | {"fault": np.zeros(len(rows["row"]), bool)}, detections.SCHEMA)]
    if affinities_out:
        tables.append((affinities_out, pairs, affinities.SCHEMA))
    for out, table, schema in tables:
        row = table.pop("row")
        place = {"video": np.array(labelled.video)[row], "frame": labelled.frame[row]}
        files.write(out, pd.DataFrame(place | table), schema, provenance=provenance)
