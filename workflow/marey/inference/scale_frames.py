"""The scale of labelled frames for a model that was trained on others, found as that of a video (`measure_scale`).

Labels have no part in it: they are what the model is tested by.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from marey.inference import engines
from marey.inference.detector import Detector, device
from marey.inference.measure_scale import (
    MEASURED_FRAMES,
    Look,
    ScaleError,
    choose_scale,
    look,
    look_at_scales,
    scale_row,
    spread_evenly,
)
from marey.labels import dataset
from marey.pictures.views import Picture
from marey.tables import files
from marey.tables.scales import SCALES

_log = logging.getLogger(__name__)


def scale_frames(dataset_path: Path, model: engines.ModelFiles, out: Path, *, config: dict, provenance: dict) -> None:
    """Write the table `scales` of the labelled frames, video by video.

    Args:
        dataset_path: table `dataset`.
        model: files of the model.
        out: where to write.
        config: infer.engine, and model.scale: a number is not questioned.
        provenance: what the result was made from, for its metadata.

    Raises:
        ScaleError: the scale can be told in no video.
        EngineError: this machine cannot run the engine.
    """
    engine = engines.choose_engine(config["infer"]["engine"], quantised=model.quantised is not None)
    detector, metadata = engines.start_detector(model, engine=engine, batch_size=1, flip=None)
    labelled = dataset.load_dataset(dataset_path)
    rows = pd.Series(range(len(labelled))).groupby(labelled.video).apply(list).to_dict()
    extent, given = metadata["extent"] * metadata["preprocessing"]["scale"], config["model"]["scale"]
    if given == "auto" and not extent:
        raise ScaleError(f"{model.metadata}: animals of one keypoint have no size to measure; set `model.scale`")
    looks: dict[str, list[Look]] = {video: [] for video in rows}
    chosen = dict.fromkeys(rows, (given, "config"))
    if given == "auto":
        looks = {video: look_at_scales(detector, _shown(labelled, each), extent) for video, each in rows.items()}
        chosen = choose_scales(looks, detector, labelled, extent)
    table = []
    for video, (scale, source) in chosen.items():
        used = look(detector, _shown(labelled, rows[video]), scale, extent)
        _log.info("labelled frames of %s: scale %g (%s), animals of %.0f px", video, scale, source, used.size)
        each = {"video": video, "source": source}
        table += [{**each, "used": seen is used, **scale_row(seen, metadata)} for seen in [*looks[video], used]]
    files.write(out, pd.DataFrame(table), SCALES, provenance={**provenance, **device(), "engine": engine})


def choose_scales(
    looks: dict[str, list[Look]], detector: Detector, labelled: dataset.LabelledFrames, extent: float
) -> dict[str, tuple[float, str]]:
    """Choose a scale for the labelled frames of each video, and say what it rests on.

    Where those of a video do not tell it, the median of the others counts; where no video does, what all frames
    together tell. Raises ScaleError where they tell nothing either.
    """
    told = {}
    for video, seen in looks.items():
        try:
            told[video] = choose_scale(seen, f"labelled frames of '{video}'"), "measured"
        except ScaleError as error:
            if len(looks) == 1:
                raise
            _log.warning("%s", error)
    if told:
        usual = float(np.exp2(np.median(np.log2([scale for scale, _ in told.values()]))))
    else:
        usual = choose_scale(
            look_at_scales(detector, _shown(labelled, range(len(labelled))), extent), "labelled frames"
        )
    return {video: told.get(video, (usual, "others")) for video in looks}


def _shown(labelled: dataset.LabelledFrames, rows: Sequence[int]) -> list[Picture]:
    """Read images, some of them where there are many, spread evenly."""
    return [Picture(labelled.images[row], 1.0) for row in spread_evenly(np.asarray(rows), MEASURED_FRAMES)]
