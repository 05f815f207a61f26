"""Costs of a run before it is run: jobs, hours and disk, from the probe tables and a measured speed."""

import json
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from marey.experiment.predicted import predicted_videos
from marey.experiment.sheet import read_videos
from marey.tables import files, places, probe
from marey.tables.probe import PROBE
from marey.videos import plan_shards

# Bytes of a row. Measured on tables made for it and written as the stages write them: 3 animals of 8 keypoints with
# noise of 0.5 px in 4,000 frames, `spread` empty: 18, 5.7, 50, 35, 22, 22 and 32. Those of real runs take less, since
# confidences repeat: `detections`, `poses`, `tracks` and `smoothed` of the demo 14, 14, 15 and 24, and the last three
# of an open-field video 19, 19 and 30.
BYTES_PER_ROW = {"detections": 18, "affinities": 6, "descriptors": 50, "appearances": 35, "embeddings": 35}
BYTES_PER_ROW |= {"poses": 22, "tracks": 22, "smoothed": 32}
MEASURED_FEATURES = 16  # of the vectors in `descriptors` and `appearances`, unless `identities` are named: 2 bytes each
EDGES_PER_KEYPOINT = 3  # the network joins each keypoint to at most 6 others
CLIP_BYTES_PER_SECOND = 40_000  # bytes a second of a labelled clip of 480 px


def estimate_costs(config: dict, results: Path, *, speed: float | None = None) -> pd.DataFrame:
    """Estimate what the experiment in `results` still costs and holds in the end.

    Videos that are not probed yet are counted as such and cost nothing here; those that another tool has predicted are
    not analysed.

    Args:
        config: the checked experiment.
        results: folder of its results.
        speed: frames/s of one analysing job; None: that of the shards that are done.

    Returns:
        Rows (what, amount, unit, rests on).
    """
    videos = read_videos(config)
    predicted = set(predicted_videos(config, videos))
    table = _probes(results, videos)
    usable = table[table["status"].isin(probe.USABLE)]
    if predicted and not config["labels"]["sources"]:
        usable = usable[usable["video"].isin(predicted)]  # nothing is made of the others
    ranges = {name: _shards(config, results, name, videos[name]["frames"]) for name in usable["video"]}
    counts = pd.Series({name: sum(stop - start for start, stop in parts) for name, parts in ranges.items()}, dtype=int)
    analysed = {name: parts for name, parts in ranges.items() if name not in predicted}
    animals = {name: _animals(config, videos[name]) for name in ranges}
    clips = usable["duration"].clip(upper=config["render"]["duration"]).sum()
    first = "" if len(table) == len(videos) else "; the figures below are of these: run snakemake to probe the others"
    rows = [
        ("videos", len(videos), "", f"{len(table)} are probed, of which {len(usable)} can be used{first}"),
        ("length", usable["duration"].sum() / 3600, "h", f"{counts[list(analysed)].sum()} frames to analyse"),
    ]
    if done := len(ranges) - len(analysed):
        rows.append(("videos predicted by another tool", done, "", "they need no analysis"))
    rows += _analysis(analysed, results, speed)
    if unknown := sum(not number for number in animals.values()):
        fix = "one each is counted: say how many in `animals.number` or the sheet's column `animals`"
        rows.append(("videos of unknown numbers of animals", unknown, "", fix))
    rows += _disk(config, counts, {name: number or 1 for name, number in animals.items()}, analysed)
    rows.append(("disk, clips", CLIP_BYTES_PER_SECOND * clips / 1e9, "GB", f"{clips:.0f} s of clips"))
    return pd.DataFrame(rows, columns=["what", "amount", "unit", "rests on"])


def _probes(results: Path, videos: Iterable[str]) -> pd.DataFrame:
    """Read the `probe` tables of the videos that are probed."""
    paths = (results / places.TABLES["probe"].format(video=name) for name in videos)
    return pd.concat([files.read(path, PROBE) for path in paths if path.exists()] or [files.empty(PROBE)])


def _shards(config: dict, results: Path, video: str, wanted: str | None) -> list[tuple[int, int]]:
    """Cut a probed video into the shards of a run; `wanted` frames as the sheet says."""
    path = results / places.TABLES["frames"].format(video=video)
    return plan_shards.video_shards(path, wanted, config["infer"]["shard_frames"])


def _animals(config: dict, row: dict) -> int | None:
    """Return how many animals a video shows, by its row of the sheet or the config; None: nobody said."""
    if config["animals"]["method"] == "single":
        return 1
    return int(row["animals"]) if row["animals"] else config["animals"]["number"]


def _analysis(ranges: dict[str, list[tuple[int, int]]], results: Path, speed: float | None) -> list[tuple]:
    """Make the rows on the analysis of the shards, by video, that are not there yet."""
    pattern = places.TABLES["detections"]
    due = [
        stop - start
        for name, parts in ranges.items()
        for start, stop in parts
        if not (results / pattern.format(video=name, start=start, stop=stop)).exists()
    ]
    rows = [("jobs of analysis", len(due), "", f"of {sum(map(len, ranges.values()))} in all")]
    measured, by = (speed, "given") if speed else measured_speed(results)
    if due and not measured:
        rows.append(("analysis", float("nan"), "h", "not known yet: give the frames/s of a job as --speed"))
    elif due:
        rows += [
            (
                "analysis, one job after the other",
                sum(due) / measured / 3600,
                "h",
                f"{measured:.0f} frames/s ({by})",
            ),
            ("analysis, the longest job", max(due) / measured / 60, "min", "time limits must be longer"),
        ]
    return rows


def _disk(config: dict, frames: pd.Series, animals: dict[str, int], analysed: Iterable[str]) -> list[tuple]:
    """Make the rows on the tables of videos that grow with their `frames`, by video, and number of `animals`."""
    method, unique = config["animals"]["method"], len(config["animals"]["unique"])
    own = len(config["keypoints"] or []) - unique
    number = pd.Series(animals, dtype=int)
    found = list(analysed)
    points = frames * (number * own + unique)
    edges = EDGES_PER_KEYPOINT * own if own > 2 * EDGES_PER_KEYPOINT else own * (own - 1) // 2
    rows = {"detections": points[found].sum()}
    if method == "bottom_up":
        rows["affinities"] = (frames * edges * number**2)[found].sum()
    if config["animals"]["appearance"]:
        rows |= {"descriptors": points[found].sum(), "appearances": (frames * number)[found].sum()}
    if config["animals"]["recognition"]:
        rows["embeddings"] = (frames * number).sum()
    rows |= dict.fromkeys(("poses", "tracks", "smoothed"), points.sum())
    identities = config["animals"]["identities"]
    spare = 2 * (len(identities) + 1 - MEASURED_FEATURES) if identities else 0
    sizes = {name: BYTES_PER_ROW[name] + spare * (name in ("descriptors", "appearances")) for name in rows}
    return [
        (f"disk, {name}", sizes[name] * int(count) / 1e9, "GB", f"{count:.0f} rows of {sizes[name]} bytes")
        for name, count in rows.items()
    ]


def measured_speed(results: Path) -> tuple[float | None, str]:
    """Measure the frames/s of the shards that were analysed, start of the jobs included, and say what that rests on."""
    frames_done = seconds = jobs = 0
    for path in sorted((results / places.BENCHMARKS / "infer_shard").rglob("*.jsonl")):
        start, stop = map(int, path.stem.split("-"))
        frames_done += stop - start
        seconds += sum(json.loads(line)["s"] for line in path.read_text().splitlines())
        jobs += 1
    return (frames_done / seconds, f"{jobs} jobs that are done") if seconds else (None, "")
