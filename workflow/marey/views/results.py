"""Results folder as the report shows it: what there is so far of every video, every model and every label.

Whatever is missing or broken is left out and said: the report is needed most where a run has failed.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pyarrow as pa

from marey.evaluation import residuals
from marey.experiment.elsewhere import Elsewhere, elsewhere
from marey.experiment.initial_model import trains
from marey.experiment.predicted import predicted_videos
from marey.experiment.sheet import missing_videos
from marey.labels import sizes
from marey.networks.metadata import BundleError, read_metadata
from marey.networks.outputs import Layout, anchor_name
from marey.tables import files, places
from marey.tables.adaptation import ADAPTATION
from marey.tables.confidence_curves import CONFIDENCE_CURVES
from marey.tables.disagreements import DISAGREEMENTS
from marey.tables.dropped import DROPPED
from marey.tables.history import HISTORY
from marey.tables.labels import LABELS
from marey.tables.matches import MATCHES
from marey.tables.metrics import METRICS
from marey.tables.plan import PLAN
from marey.tables.review import REVIEW
from marey.tables.samples import SAMPLES
from marey.tables.scales import SCALES
from marey.tables.session_metrics import SESSION_METRICS
from marey.tables.splits import SPLITS
from marey.tables.suspects import SUSPECTS
from marey.tables.sync import SYNC
from marey.tables.track_metrics import TRACK_METRICS
from marey.views.reader import Reader, of_videos
from marey.views.unfinished import UnfinishedJob, unfinished_jobs, unfinished_sessions
from marey.views.video_results import labelled_frames, read_videos

FRAME_KEY = ["video", "frame"]


class ExperimentResults(NamedTuple):
    """The results of an experiment; tables that are not there yet are empty."""

    folder: Path
    unlabelled: bool  # the config names no labels, and no predictions of another tool
    trains: bool  # labels train a network, which analyses what no tool predicted
    adopted: str  # where nothing is trained, the model of another experiment that is used, as the config names it
    keypoints: list[str]
    left_out: list[str]  # keypoints of labels that this model does not know
    calibration: str  # column `source` of the confidence curves of that model
    anchor: str  # top-down, what squares are about, as `outputs.anchor_name` says; "" where that is not known
    adaptation: pd.DataFrame  # table `adaptation`: how that model was trained further for these videos
    scales: pd.DataFrame  # rows of table `scales` that are used
    several: bool  # a video may show several animals
    predicted: set[str]  # videos that another tool has predicted
    videos: pd.DataFrame  # one row per video of the sheet, see `read_videos`
    metrics: pd.DataFrame  # table `metrics` of each fold, with the column fold
    overall: pd.DataFrame  # the same over all folds; of the first that there is, until all have been evaluated
    uneven_sizes: dict[str, float]  # of labelled animals by video, see `sizes.uneven_sizes`
    body_length: float  # of the labelled animals, px; NaN: not known
    steps: list[int]  # that each model took
    elsewhere: Elsewhere | None  # labels of other projects, that test
    elsewhere_frames: int  # how many of these there are
    elsewhere_metrics: pd.DataFrame  # table `metrics` of these
    forgotten: pd.DataFrame  # what each model that was shown again what it knew gained and forgot, see `_forgotten`
    tracks: pd.DataFrame  # table `track_metrics` of all videos
    labels: pd.DataFrame  # one row per labelled frame: video, frame, animals, points
    splits: pd.DataFrame
    suspects: pd.DataFrame
    disagreements: pd.DataFrame
    dropped: pd.DataFrame
    samples: pd.DataFrame  # video and frame
    kits: list[str]  # pages to label them in, relative to the results
    sessions: dict[str, pd.DataFrame]  # table `session_metrics` of each session in space
    sync: dict[str, pd.DataFrame]  # table `sync` of each session in space
    unfinished_sessions: set[str]  # of which there is nothing in these three, as what is there is of an earlier run
    matches: dict[str, pd.DataFrame]  # table `matches` of each session of several animals
    moments: pd.DataFrame  # table `review` of all videos, the likeliest first
    unfinished: list[UnfinishedJob]
    broken: list[str]  # what is wrong with tables that could not be read


def read_results(folder: Path, sheet: Mapping[str, dict], config: dict) -> ExperimentResults:
    """Read what the report shows of the results in `folder`.

    `sheet` holds its rows by video, `config` is the checked experiment. A table that cannot be read counts as empty
    and is named in `broken`.
    """
    reader, names, folds = Reader(folder), list(sheet), config["split"]["folds"]
    moments = reader.read(of_videos("review", names), REVIEW)
    points = reader.read(places.TABLES["labels"], LABELS)
    frames = labelled_frames(points)
    planned = reader.read(places.TABLES["plan"], PLAN)
    missing = missing_videos(config, sheet)
    predicted = set(predicted_videos(config, [name for name in names if name not in missing]))
    metrics_path = places.TABLES["metrics"]
    parts = [reader.read(metrics_path.format(fold=fold), METRICS).assign(fold=fold) for fold in range(folds)]
    pooled = [reader.read(metrics_path.format(fold="all"), METRICS)] if folds > 1 else []
    unfinished = list(unfinished_jobs(folder, sheet, planned, config))
    stale = unfinished_sessions(unfinished, sheet, config)
    return ExperimentResults(
        folder=folder,
        unlabelled=not config["labels"]["sources"] and not predicted,
        trains=trains(config),
        adopted=_adopted(config),
        keypoints=config["keypoints"] or [],
        left_out=config["left_out"],
        calibration=_calibration(reader, config),
        anchor=_anchor(folder, config),
        adaptation=_adaptation(reader, config),
        scales=_scales(reader, names),
        several=config["animals"]["method"] != "single",
        predicted=predicted,
        videos=read_videos(reader, sheet, planned, frames, moments, missing, predicted),
        metrics=pd.concat(parts, ignore_index=True),
        overall=next((table for table in [*pooled, *parts] if len(table)), parts[0]),
        uneven_sizes=sizes.uneven_sizes(*sizes.table_sides(points).to_numpy().T.reshape(2, -1)),
        body_length=residuals.body_length(
            residuals.scored_points(points.rename(columns={"x": "true_x", "y": "true_y"}))
        ),
        steps=_steps(reader, config),
        elsewhere=elsewhere(config),
        elsewhere_frames=len(reader.read(places.TABLES["elsewhere_labels"], LABELS, FRAME_KEY).drop_duplicates()),
        elsewhere_metrics=reader.read(places.TABLES["elsewhere_metrics"], METRICS),
        forgotten=_forgotten(reader, config),
        tracks=reader.read(of_videos("track_metrics", names), TRACK_METRICS),
        labels=frames,
        splits=reader.read(places.TABLES["splits"], SPLITS),
        suspects=reader.read(places.TABLES["suspects"], SUSPECTS),
        disagreements=reader.read(places.TABLES["disagreements"], DISAGREEMENTS),
        dropped=reader.read(places.TABLES["dropped"], DROPPED),
        samples=_samples(reader),
        kits=sorted(path.relative_to(folder).as_posix() for path in folder.glob(places.every(places.KITS))),
        sessions=_of_sessions(reader, SESSION_METRICS, stale),
        sync=_of_sessions(reader, SYNC, stale),
        unfinished_sessions=stale,
        matches=_of_sessions(reader, MATCHES, stale),
        moments=moments.sort_values("probability", ascending=False, kind="stable", ignore_index=True),
        unfinished=unfinished,
        broken=reader.broken,
    )


def _of_sessions(reader: Reader, schema: pa.Schema, stale: set[str]) -> dict[str, pd.DataFrame]:
    """Read the table of each session that has one with rows, but for those that are stale."""
    paths = sorted(reader.folder.glob(places.every(places.TABLES[schema.metadata[b"table"].decode()])))
    paths = [path.relative_to(reader.folder) for path in paths if path.stem not in stale]
    tables = {path.stem: reader.read(path.as_posix(), schema) for path in paths}
    return {name: table for name, table in tables.items() if len(table)}


def _samples(reader: Reader) -> pd.DataFrame:
    """Read which frames the kit holds: those that poses are worst in, or else those that were sampled."""
    tables = (reader.read(places.TABLES[name], SAMPLES, ["video", "frame"]) for name in ("outlier_samples", "samples"))
    return next((table for table in tables if len(table)), files.empty(SAMPLES)[["video", "frame"]])


def _adopted(config: dict) -> str:
    """Name the model of another experiment that analyses the videos; "" where one is trained, or there is none."""
    return "" if trains(config) else config["model"]["init"] or ""


def _scales(reader: Reader, names: Iterable[str]) -> pd.DataFrame:
    """Return the rows of table `scales` that are used, those of labelled frames last, of which the name says so."""
    frames = reader.read(places.LABEL_SCALES, SCALES)
    rows = [reader.read(of_videos("scales", names), SCALES), frames.assign(video="labels of " + frames["video"])]
    return pd.concat(rows, ignore_index=True).query("used")


def _adaptation(reader: Reader, config: dict) -> pd.DataFrame:
    """Read how an adopted model was trained further; no rows where it was not."""
    adapts = _adopted(config) and config["zoo"]["adapt"]["images"]
    return reader.read([_of_model("adaptation", config)] if adapts else [], ADAPTATION)


def _anchor(folder: Path, config: dict) -> str:
    """Name the anchor of the models that analyse the videos."""
    path = folder / places.METADATA.format(**_analysing(config))
    if config["animals"]["method"] != "top_down" or not path.exists():
        return ""
    try:
        metadata = read_metadata(path)
    except BundleError:
        return ""
    return anchor_name(metadata["keypoints"], Layout.from_metadata(metadata).anchor)


def _of_model(table: str, config: dict) -> str:
    """Return the path of a table of the adopted model."""
    return places.TABLES[table].format(**_analysing(config))


def _analysing(config: dict) -> dict:
    """Return the wildcards of the first model that analyses the videos."""
    return {"network": "models", "fold": config["infer"]["fold"], "seed": config["train"]["seeds"][0]}


def _calibration(reader: Reader, config: dict) -> str:
    """Say what the confidence of an adopted model rests on; "" where there is none yet."""
    path = _of_model("confidence_curves", config)
    return next(iter(reader.read(path, CONFIDENCE_CURVES, ["source"])["source"]), "") if _adopted(config) else ""


def _steps(reader: Reader, config: dict) -> list[int]:
    """Return the number of steps of each model that has a history."""
    return [int(rows["step"].max()) for _, rows in _histories(reader, config, ["step"])]


def _forgotten(reader: Reader, config: dict) -> pd.DataFrame:
    """Return fold, seed and both errors of table `history`, before and after training with `model.replay`."""
    names = ["validation_error", "replay_error"]
    columns = ["fold", "seed", *(f"{name}_{when}" for name in names for when in ("before", "after"))]
    rows = []
    for run, steps in _histories(reader, config, ["step", *names]) if config["model"]["replay"] else ():
        measured = steps.dropna(subset=["replay_error"])
        if len(measured) > 1 and measured["step"].iloc[0] == 0:
            rows.append([*run, *(measured[name].iloc[place] for name in names for place in (0, -1))])
    return pd.DataFrame(rows, columns=columns)


def _histories(reader: Reader, config: dict, columns: list[str]) -> Iterator[tuple[tuple[int, int], pd.DataFrame]]:
    """Yield (fold, seed) of each model that has a history, and columns of this."""
    for fold, seed in itertools.product(range(config["split"]["folds"]), config["train"]["seeds"]):
        path = places.TABLES["history"].format(network="models", fold=fold, seed=seed)
        rows = reader.read(path, HISTORY, columns)
        if len(rows):
            yield (fold, seed), rows
