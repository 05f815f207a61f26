"""Results of many videos as the report reads them, made without running anything: small tables, linked clips."""

import io
import json
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from PIL import Image

from marey.experiment.config import load_config
from marey.experiment.sheet import read_videos
from marey.tables import files
from marey.tables.labels import LABELS
from marey.tables.metrics import METRICS
from marey.tables.plan import PLAN
from marey.tables.pooled import POOLED
from marey.tables.probe import PROBE
from marey.tables.quality import QUALITY
from marey.tables.review import REVIEW
from marey.tables.samples import SAMPLES
from marey.tables.splits import SPLITS
from marey.tables.suspects import SUSPECTS
from marey.tables.track_metrics import TRACK_METRICS
from marey.tables.tracked import TRACKED

KEYPOINTS = ["snout", "left_ear", "right_ear", "tail_base"]
RULES = ("probe_video", "assemble_video", "track_video", "smooth_video", "render_video", "plot_confidence")
LENGTH = 1000  # frames of a shard
RATE = 30.0
LABELLED = 5  # frames of each labelled video
ERROR, LOW, HIGH = 4.2, 3.1, 5.3  # of the test frames, px, with its interval


class Made(NamedTuple):
    """An experiment: its config and sheet, and its results folder."""

    config: dict
    videos: dict[str, dict]
    results: Path


def config(root: Path, *, videos: int = 3, several: bool = False, labelled: bool = True) -> Made:
    """An experiment in `root` of which nothing is there but config and sheet."""
    names = [f"video{index:04}" for index in range(videos)]
    (root / "data").mkdir(parents=True)
    for name in names:
        (root / "data" / f"{name}.mp4").touch()
    lines = [f"{name}\t{name}.mp4\n" for name in names]
    (root / "data" / "videos.tsv").write_text("video\tpath\n" + "".join(lines))
    (root / "data" / "labels.csv").write_text("video,frame,individual,keypoint,x,y\nvideo0000,0,m,snout,1,1\n")
    raw = {
        "project": "made",
        "data": str(root / "data"),
        "videos": "videos.tsv",
        "keypoints": KEYPOINTS,
        "labels": {"sources": ["labels.csv"] if labelled else []},
        "animals": {"method": "bottom_up" if several else "single"},
    }
    checked = load_config(raw)
    return Made(checked, read_videos(checked), root / "results" / "made")


def finish(made: Made, *, shards: int = 1, clip: bytes = b"no clip", figure: bytes | None = None) -> Made:
    """Everything that a finished run leaves, as far as the report reads it.

    Of each hundred videos one is unreadable (the 8th) and one cut short (the 14th); positions of low confidence are few
    in most. Clips and figures are all the same `clip` (MP4) and `figure` (PNG), one file with many names.
    """
    generator = np.random.default_rng(0)
    several, names = made.config["animals"]["method"] != "single", list(made.videos)
    probed(made, shards * LENGTH)
    usable = [name for index, name in enumerate(names) if index % 100 != 7]
    starts = np.arange(shards) * LENGTH
    rows = {"video": np.repeat(usable, shards), "start": np.tile(starts, len(usable))}
    files.write(made.results / "plan.parquet", {**rows, "stop": rows["start"] + LENGTH}, PLAN)
    media = [("clips", "mp4"), ("figures/trajectories", "png"), ("figures/confidence", "png")]
    media += [("clips/review", "mp4"), ("figures/review", "png")] if several else []
    first = {"mp4": made.results / "clip", "png": made.results / "figure"}
    first["mp4"].write_bytes(clip)
    first["png"].write_bytes(figure or png())
    for folder in ("smoothed", *(f"detections/{name}" for name in usable), *(folder for folder, _ in media)):
        (made.results / folder).mkdir(parents=True, exist_ok=True)
    for name in usable:
        counted(made, name, generator, shards * LENGTH)
        (made.results / "smoothed" / f"{name}.parquet").touch()
        for start in starts:
            (made.results / "detections" / name / f"{start}-{start + LENGTH}.parquet").touch()
        for folder, suffix in media:
            os.link(first[suffix], made.results / folder / f"{name}.{suffix}")
        if several:
            reviewed(made, name, generator)
        logs(made, name, starts)
    labelled(made, usable[: max(3, len(usable) // 20)], several)
    for name in (
        "errors/0",
        "worst_frames/0",
        "reliability/0",
        "training/models/0-0",
        "augmented",
        "suspects",
        "sampled",
    ):
        path = made.results / "figures" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        os.link(first["png"], path)
    return made


def png(width: int = 64, height: int = 48) -> bytes:
    """An image of grey noise."""
    noise = np.random.default_rng(1).integers(0, 256, (height, width), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, "PNG")
    return buffer.getvalue()


def probed(made: Made, frames: int) -> None:
    """The table `probe` of each video."""
    for index, name in enumerate(made.videos):
        row = {field.name: [None if field.nullable else "" if field.type == "string" else 0] for field in PROBE}
        row |= {
            "video": [name],
            "path": [f"{name}.mp4"],
            "status": ["ok"],
            "variable_frame_rate": [False],
            "mirrored": [False],
        }
        row |= {"frames": [frames], "fps": [RATE], "duration": [frames / RATE]}
        if index % 100 == 7:
            row |= {"status": ["unreadable"], "detail": ["The file is <text>."], "frames": [0], "duration": [0.0]}
        elif index % 100 == 13:
            row |= {"status": ["truncated"], "detail": ["The file is cut short."], "faults": [1]}
        files.write(made.results / "videos" / name / "probe.parquet", row, PROBE)


def counted(made: Made, name: str, generator: np.random.Generator, frames: int) -> None:
    """The table `quality` of a video."""
    low = (generator.beta(0.6, 30, len(KEYPOINTS)) * frames).astype(int)
    rows = {"video": name, "keypoint": KEYPOINTS, "positions": frames, "low": low, "bridged": low // 2}
    rows |= {"lost": low - low // 2, "damaged": 0, "confidence": 1 - low / frames}
    files.write(made.results / "quality" / f"{name}.parquet", pd.DataFrame(rows), QUALITY)


def reviewed(made: Made, name: str, generator: np.random.Generator) -> None:
    """The tables `review` and `tracked` of a video: of one in ten some moments."""
    count = int(generator.integers(1, 6)) if generator.random() < 0.1 else 0
    rows = pd.DataFrame({"rank": np.arange(1, count + 1), "frame": generator.integers(0, LENGTH, count)})
    rows = rows.assign(video=name, time=rows["frame"] / RATE, first="animal1", second="animal2", x=1.0, y=1.0)
    probability = np.sort(generator.random(count))[::-1]
    files.write(made.results / "review" / f"{name}.parquet", rows.assign(probability=probability), REVIEW)
    row = {"video": [name], "poses": [2 * LENGTH], "individuals": [2], "left_out": [1234 + count], "surplus": [None]}
    files.write(made.results / "tracked" / f"{name}.parquet", row, TRACKED)


def logs(made: Made, name: str, starts: np.ndarray) -> None:
    """The logs of a video's jobs."""
    for rule in RULES:
        log(made, f"{rule}/{name}", rule, f"smoothed/{name}.parquet", video=name)
    for start in starts:
        shard = f"{name}/{start}-{start + LENGTH}"
        wildcards = {"video": name, "start": str(start), "stop": str(start + LENGTH)}
        log(made, f"infer_shard/{shard}", "infer_shard", f"detections/{shard}.parquet", **wildcards)


def log(made: Made, name: str, rule: str, output: str, *, said: str = "done", **wildcards: str) -> None:
    """The log of a job, as `marey.runtime` begins it."""
    path = made.results / "logs" / f"{name}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    record = {"rule": rule, "wildcards": wildcards, "outputs": [f"<results>/{output}"], "config": {}, "inputs": {}}
    path.write_text(f"{json.dumps(record)}\n{said}\n")


def labelled(made: Made, names: list[str], several: bool) -> None:
    """What rests on labels, of five frames of each of some videos: labels, parts, metrics, suspects, tracks."""
    animals = ["m1", "m2"] if several else ["m1"]
    index = pd.MultiIndex.from_product([names, range(LABELLED), animals, KEYPOINTS])
    points = index.to_frame(index=False, name=["video", "frame", "individual", "keypoint"])
    points["true_x"] = 10.0 * points["keypoint"].map(KEYPOINTS.index)  # a body of 30 px
    points["true_y"] = 50.0 * points["individual"].map(animals.index)
    part = np.where(points["frame"] < LABELLED - 1, "train", "test")
    points = points.assign(part=part, group=points["video"], visibility="visible", confidence=0.9, sigma_px=1.0)
    points = points.assign(
        x=points["true_x"] + ERROR, y=points["true_y"], raw_confidence=0.9, spread=0.1, tolerance=5.0
    )
    files.write(made.results / "models" / "0" / "pooled.parquet", points, POOLED)
    source = {"annotator": "", "image": None, "source": "labels.csv", "set_at": None, "row": np.arange(len(points)) + 2}
    rows = points[["video", "frame", "individual", "keypoint", "visibility"]]
    rows = rows.assign(x=points["true_x"], y=points["true_y"], **source)
    files.write(made.results / "labels" / "labels.parquet", rows, LABELS)
    frames = points[["video", "frame", "group", "part"]].drop_duplicates().assign(fold=0)
    files.write(made.results / "labels" / "splits.parquet", frames, SPLITS)
    files.write(made.results / "models" / "0" / "metrics.parquet", measured(len(names), several), METRICS)
    wrong = points.head(2).assign(
        rank=[1, 2], kind="far", evidence="model", other=None, score=[9.0, 4.0], source="labels.csv", row=[2, 3]
    )
    wrong = wrong.assign(other_x=np.nan, other_y=np.nan, predicted_x=1.0, predicted_y=1.0)
    files.write(made.results / "labels" / "suspects.parquet", wrong[SUSPECTS.names], SUSPECTS)
    if several:
        for name in names:
            rows = {"metric": ["idf1", "hota", "mota", "switches"], "value": [0.9, 0.8, 0.85, 1.0]}
            rows |= {"video": name, "unit": "fraction", "frames": LABELLED, "animals": 2 * LABELLED}
            path = made.results / "track_metrics" / f"{name}.parquet"
            files.write(path, pd.DataFrame(rows), TRACK_METRICS)


def measured(groups: int, several: bool) -> pd.DataFrame:
    """The table `metrics` of a fold."""
    rows = [("test", "all", "mean_error", "px", ERROR, LOW, HIGH), ("train", "all", "mean_error", "px", 2.0, 1.5, 2.5)]
    rows += [("test", name, "mean_error", "px", ERROR, LOW, HIGH) for name in KEYPOINTS]
    rows += [
        ("test", "all", "pck@5px", "fraction", 0.8, 0.7, 0.9),
        ("test", "all", "missing_rate", "fraction", 0.1, 0, 1),
    ]
    if several:
        rows += [("test", "all", "oks_map@0.1", "fraction", 0.91, 0.85, 0.95)]
        rows += [("test", "all", "missed_animals", "fraction", 0.04, 0.01, 0.08)]
        rows += [("test", "all", "spurious_animals", "ratio", 0.02, 0.0, 0.05)]
    table = pd.DataFrame(rows, columns=["part", "keypoint", "metric", "unit", "value", "low", "high"])
    return table.assign(cut=0.0, points=4 * groups, groups=groups)


def sampled(made: Made, frames: int) -> None:
    """The table `samples`: as many frames of each video."""
    rows = pd.DataFrame(
        {"video": np.repeat(list(made.videos), frames), "frame": np.tile(range(frames), len(made.videos))}
    )
    rows = rows.assign(time=0.0, method="kmeans", stratum=0, width=64, height=48, image=png())
    files.write(made.results / "samples.parquet", rows, SAMPLES)
