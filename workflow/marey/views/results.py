"""Results folder as the report shows it: what there is so far of every video, every model and every label.

Whatever is missing or broken is left out and said: the report is needed most where a run has failed.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from marey.evaluation import residuals
from marey.experiment.elsewhere import Elsewhere, elsewhere
from marey.experiment.initial_model import trains
from marey.experiment.predicted import predicted_videos
from marey.experiment.sheet import missing_videos
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
from marey.tables.probe import PROBE, USABLE
from marey.tables.quality import QUALITY
from marey.tables.review import REVIEW
from marey.tables.samples import SAMPLES
from marey.tables.scales import SCALES
from marey.tables.session_metrics import SESSION_METRICS
from marey.tables.splits import SPLITS
from marey.tables.suspects import SUSPECTS
from marey.tables.sync import SYNC
from marey.tables.track_metrics import TRACK_METRICS
from marey.tables.tracked import TRACKED
from marey.videos.ranges import frame_range, part_fault
from marey.views.unfinished import UnfinishedJob, unfinished_jobs

PROBE_COLUMNS = ["video", "path", "status", "detail", "frames", "fps", "duration", "width", "height", "faults"]
FRAME_KEY = ["video", "frame"]
COUNT_COLUMNS = ["positions", "low", "bridged", "lost", "damaged"]


class ExperimentResults(NamedTuple):
    """The results of an experiment; tables that are not there yet are empty."""

    folder: Path
    unlabelled: bool  # the config names no labels, and no predictions of another tool
    trains: bool  # labels train a network, which analyses what no tool predicted
    adopted: str  # where nothing is trained, the model of another experiment that is used, as the config names it
    keypoints: list[str]
    left_out: list[str]  # keypoints of labels that this model does not know
    calibration: str  # column `source` of the confidence curves of that model
    adaptation: pd.DataFrame  # table `adaptation`: how that model was trained further for these videos
    scales: pd.DataFrame  # rows of table `scales` that are used
    several: bool  # a video may show several animals
    predicted: set[str]  # videos that another tool has predicted
    videos: pd.DataFrame  # one row per video of the sheet, see `_videos`
    metrics: pd.DataFrame  # table `metrics` of each fold, with the column fold
    overall: pd.DataFrame  # the same over all folds; of the first that there is, until all have been evaluated
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
    matches: dict[str, pd.DataFrame]  # table `matches` of each session of several animals
    moments: pd.DataFrame  # table `review` of all videos, the likeliest first
    unfinished: list[UnfinishedJob]
    broken: list[str]  # what is wrong with tables that could not be read


class _Reader:
    """Reads tables of a results folder; keeps what is wrong with those that cannot be read."""

    def __init__(self, folder: Path):
        self.folder, self.broken = folder, []

    def read(self, paths: str | Iterable[str], schema: pa.Schema, columns: list[str] | None = None) -> pd.DataFrame:
        """The rows of all tables `paths` (relative to the results) that are there and whole."""
        columns, parts = columns or schema.names, []
        for path in [paths] if isinstance(paths, str) else paths:
            if (self.folder / path).exists():
                try:
                    parts.append(files.open_table(self.folder / path, schema).read(columns=columns))
                except files.TableError as error:
                    self.broken.append(str(error))
        empty = pa.schema([schema.field(name) for name in columns]).empty_table()
        return pa.concat_tables([part.replace_schema_metadata() for part in [empty, *parts]]).to_pandas()


def read_results(folder: Path, sheet: Mapping[str, dict], config: dict) -> ExperimentResults:
    """Read what the report shows of the results in `folder`.

    `sheet` holds its rows by video, `config` is the checked experiment. A table that cannot be read counts as empty
    and is named in `broken`.
    """
    reader, names, folds = _Reader(folder), list(sheet), config["split"]["folds"]
    moments = reader.read(_of("review", names), REVIEW)
    points = reader.read(places.TABLES["labels"], LABELS)
    frames = _labelled_frames(points)
    planned = reader.read(places.TABLES["plan"], PLAN)
    missing = missing_videos(config, sheet)
    predicted = set(predicted_videos(config, [name for name in names if name not in missing]))
    metrics_path = places.TABLES["metrics"]
    parts = [reader.read(metrics_path.format(fold=fold), METRICS).assign(fold=fold) for fold in range(folds)]
    pooled = [reader.read(metrics_path.format(fold="all"), METRICS)] if folds > 1 else []
    return ExperimentResults(
        folder=folder,
        unlabelled=not config["labels"]["sources"] and not predicted,
        trains=trains(config),
        adopted=_adopted(config),
        keypoints=config["keypoints"] or [],
        left_out=config["left_out"],
        calibration=_calibration(reader, config),
        adaptation=_adaptation(reader, config),
        scales=_scales(reader, names),
        several=config["animals"]["method"] != "single",
        predicted=predicted,
        videos=_videos(reader, sheet, planned, frames, moments, missing, predicted),
        metrics=pd.concat(parts, ignore_index=True),
        overall=next((table for table in [*pooled, *parts] if len(table)), parts[0]),
        body_length=residuals.body_length(
            residuals.scored_points(points.rename(columns={"x": "true_x", "y": "true_y"}))
        ),
        steps=_steps(reader, config),
        elsewhere=elsewhere(config),
        elsewhere_frames=len(reader.read(places.TABLES["elsewhere_labels"], LABELS, FRAME_KEY).drop_duplicates()),
        elsewhere_metrics=reader.read(places.TABLES["elsewhere_metrics"], METRICS),
        forgotten=_forgotten(reader, config),
        tracks=reader.read(_of("track_metrics", names), TRACK_METRICS),
        labels=frames,
        splits=reader.read(places.TABLES["splits"], SPLITS),
        suspects=reader.read(places.TABLES["suspects"], SUSPECTS),
        disagreements=reader.read(places.TABLES["disagreements"], DISAGREEMENTS),
        dropped=reader.read(places.TABLES["dropped"], DROPPED),
        samples=_samples(reader),
        kits=sorted(path.relative_to(folder).as_posix() for path in folder.glob(places.every(places.KITS))),
        sessions=_of_sessions(reader, SESSION_METRICS),
        sync=_of_sessions(reader, SYNC),
        matches=_of_sessions(reader, MATCHES),
        moments=moments.sort_values("probability", ascending=False, kind="stable", ignore_index=True),
        unfinished=list(unfinished_jobs(folder, sheet, planned, config)),
        broken=reader.broken,
    )


def _of_sessions(reader: _Reader, schema: pa.Schema) -> dict[str, pd.DataFrame]:
    """Read the table of each session that has one with rows."""
    paths = sorted(reader.folder.glob(places.every(places.TABLES[schema.metadata[b"table"].decode()])))
    tables = {path.stem: reader.read(path.relative_to(reader.folder).as_posix(), schema) for path in paths}
    return {name: table for name, table in tables.items() if len(table)}


def _samples(reader: _Reader) -> pd.DataFrame:
    """Read which frames the kit holds: those that poses are worst in, or else those that were sampled."""
    tables = (reader.read(places.TABLES[name], SAMPLES, ["video", "frame"]) for name in ("outlier_samples", "samples"))
    return next((table for table in tables if len(table)), files.empty(SAMPLES)[["video", "frame"]])


def _adopted(config: dict) -> str:
    """Name the model of another experiment that analyses the videos; "" where one is trained, or there is none."""
    return "" if trains(config) else config["model"]["init"] or ""


def _scales(reader: _Reader, names: Iterable[str]) -> pd.DataFrame:
    """Return the rows of table `scales` that are used, those of labelled frames last, of which the name says so."""
    frames = reader.read(places.LABEL_SCALES, SCALES)
    rows = [reader.read(_of("scales", names), SCALES), frames.assign(video="labels of " + frames["video"])]
    return pd.concat(rows, ignore_index=True).query("used")


def _adaptation(reader: _Reader, config: dict) -> pd.DataFrame:
    """Read how an adopted model was trained further; no rows where it was not."""
    adapts = _adopted(config) and config["zoo"]["adapt"]["images"]
    return reader.read([_of_model("adaptation", config)] if adapts else [], ADAPTATION)


def _of_model(table: str, config: dict) -> str:
    """Return the path of a table of the adopted model."""
    place = {"network": "models", "fold": config["infer"]["fold"], "seed": config["train"]["seeds"][0]}
    return places.TABLES[table].format(**place)


def _calibration(reader: _Reader, config: dict) -> str:
    """Say what the confidence of an adopted model rests on; "" where there is none yet."""
    path = _of_model("confidence_curves", config)
    return next(iter(reader.read(path, CONFIDENCE_CURVES, ["source"])["source"]), "") if _adopted(config) else ""


def _steps(reader: _Reader, config: dict) -> list[int]:
    """Return the number of steps of each model that has a history."""
    return [int(rows["step"].max()) for _, rows in _histories(reader, config, ["step"])]


def _forgotten(reader: _Reader, config: dict) -> pd.DataFrame:
    """Return fold, seed and both errors of table `history`, before and after training with `model.replay`."""
    names = ["validation_error", "replay_error"]
    columns = ["fold", "seed", *(f"{name}_{when}" for name in names for when in ("before", "after"))]
    rows = []
    for run, steps in _histories(reader, config, ["step", *names]) if config["model"]["replay"] else ():
        measured = steps.dropna(subset=["replay_error"])
        if len(measured) > 1 and measured["step"].iloc[0] == 0:
            rows.append([*run, *(measured[name].iloc[place] for name in names for place in (0, -1))])
    return pd.DataFrame(rows, columns=columns)


def _histories(reader: _Reader, config: dict, columns: list[str]) -> Iterator[tuple[tuple[int, int], pd.DataFrame]]:
    """Yield (fold, seed) of each model that has a history, and columns of this."""
    for fold, seed in itertools.product(range(config["split"]["folds"]), config["train"]["seeds"]):
        path = places.TABLES["history"].format(network="models", fold=fold, seed=seed)
        rows = reader.read(path, HISTORY, columns)
        if len(rows):
            yield (fold, seed), rows


def _of(table: str, names: Iterable[str]) -> Iterator[str]:
    """Return the paths of a table of each video."""
    return (places.TABLES[table].format(video=name) for name in names)


def _videos(
    reader: _Reader,
    sheet: Mapping[str, dict],
    planned: pd.DataFrame,
    frames: pd.DataFrame,
    moments: pd.DataFrame,
    missing: Mapping[str, str],
    predicted: set[str],
) -> pd.DataFrame:
    """Make one row per video, in the order of the sheet, with the video as index.

    Columns: those of `PROBE_COLUMNS` (status "" where it was not probed yet, "missing" where there is no file);
    `planned` frames, and those that are `analysed` or ingested from another tool; `done`, whether its poses are there;
    `labelled` frames; the sums of `COUNT_COLUMNS` and the mean `confidence` (NaN where they are not known); `moments`
    to review and `expected` exchanges, the sum of their probabilities; poses that were `left_out` of all `poses` (NaN
    where they are not known); `outside`, what the sheet asks for and the video
    does not have, else "".
    """
    names = list(sheet)
    rows = reader.read(_of("probe", names), PROBE, PROBE_COLUMNS)
    videos = rows.drop_duplicates("video").set_index("video").reindex(pd.Index(names, name="video"))
    videos[["path", "status", "detail"]] = videos[["path", "status", "detail"]].fillna("")
    videos.loc[list(missing), "status"] = "missing"
    videos.loc[list(missing), "detail"] = list(missing.values())
    videos["outside"] = [
        part_fault(
            frames=wanted["frames"], crop=wanted["crop"], count=row.frames, size=(int(row.width), int(row.height))
        )
        if row.status in USABLE
        else ""
        for row, wanted in zip(videos.itertuples(), sheet.values(), strict=True)
    ]
    for name, row in sheet.items():
        stop = frame_range(row["frames"])[1]
        if videos.at[name, "status"] in USABLE and stop is not None and stop > videos.at[name, "frames"]:
            videos.at[name, "detail"] += (
                f" The sheet asks for frames {row['frames']}, but it has {videos.at[name, 'frames']:,.0f}."
            )
    videos["detail"] = videos["detail"].str.strip()
    there = {
        f"{path.parent.name}/{path.stem}" for path in reader.folder.glob(places.every(places.TABLES["detections"]))
    }
    keys = planned["video"] + "/" + planned["start"].astype(str) + "-" + planned["stop"].astype(str)
    shards = pd.DataFrame({"video": planned["video"], "planned": planned["stop"] - planned["start"]})
    smoothed = {path.stem for path in reader.folder.glob(places.every(places.TABLES["smoothed"]))}
    whole = planned["video"].isin(predicted & smoothed)  # no shard of them is analysed
    shards["analysed"] = shards["planned"].where(keys.isin(there) | whole, 0)
    videos = videos.join(shards.groupby("video").sum())
    videos["done"] = videos.index.isin(smoothed) & (videos["analysed"] == videos["planned"])
    counts = reader.read(_of("quality", names), QUALITY)
    counts["confidence"] *= counts["positions"]
    sums = counts.groupby("video")[[*COUNT_COLUMNS, "confidence"]].sum().astype(np.float64)
    videos = videos.join(sums.assign(confidence=sums["confidence"] / sums["positions"]))
    videos.loc[videos["outside"] != "", [*COUNT_COLUMNS, "confidence"]] = np.nan  # of an earlier run, if there are any
    tracked = reader.read(_of("tracked", names), TRACKED, ["video", "poses", "left_out"]).set_index("video")
    videos = videos.join(tracked.astype(np.float64))
    videos["labelled"] = videos.index.map(frames["video"].value_counts())
    videos["moments"] = videos.index.map(moments["video"].value_counts())
    videos["expected"] = videos.index.map(moments.groupby("video")["probability"].sum())
    whole = ["frames", "planned", "analysed", "labelled", "moments"]
    return videos.fillna({**dict.fromkeys([*whole, "duration", "expected"], 0)}).astype(dict.fromkeys(whole, int))


def _labelled_frames(rows: pd.DataFrame) -> pd.DataFrame:
    """Make one row per labelled frame of table `labels`: video, frame, animals and points with a position."""
    there = rows.assign(points=rows["visibility"].isin(residuals.LABELLED_VISIBILITIES))
    animals = there[there["points"]].groupby(["video", "frame"])["individual"].nunique()
    found = there.groupby(["video", "frame"])["points"].sum().to_frame().join(animals.rename("animals"))
    return found.fillna({"animals": 0}).astype(int).reset_index()
