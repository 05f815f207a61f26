"""Costs of a run before it is run: jobs, hours and disk, from the probe tables and a measured speed."""

import json
from pathlib import Path

import pandas as pd

from marey.experiment.sheet import read_videos
from marey.tables import files, places, probe
from marey.tables.probe import PROBE
from marey.videos import plan_shards

# Bytes a keypoint takes in a frame, of tables of the open field.
BYTES_PER_KEYPOINT = {"detections": 25, "poses": 16, "smoothed": 26}
CLIP_BYTES_PER_SECOND = 40_000  # bytes a second of a labelled clip of 480 px


def estimate_costs(config: dict, results: Path, *, speed: float | None = None) -> pd.DataFrame:
    """Estimate what the experiment in `results` still costs and holds in the end.

    Videos that are not probed yet are counted as such and cost nothing here.

    Args:
        config: the checked experiment.
        results: folder of its results.
        speed: frames/s of one analysing job; None: that of the shards that are done.

    Returns:
        Rows (what, amount, unit, rests on).
    """
    videos = read_videos(config)
    probes = {name: results / places.TABLES["probe"].format(video=name) for name in videos}
    probed = [name for name, path in probes.items() if path.exists()]
    table = pd.concat([files.read(probes[name], PROBE) for name in probed] or [files.empty(PROBE)])
    usable = table[table["status"].isin(probe.USABLE)]
    shard_frames = config["infer"]["shard_frames"]
    ranges = {
        name: plan_shards.video_shards(
            results / places.TABLES["frames"].format(video=name), videos[name]["frames"], shard_frames
        )
        for name in usable["video"]
    }
    due = {
        (name, start, stop): stop - start
        for name, parts in ranges.items()
        for start, stop in parts
        if not (results / places.TABLES["detections"].format(video=name, start=start, stop=stop)).exists()
    }
    measured, source = (speed, "given") if speed else measured_speed(results)
    keypoints = len(config["keypoints"] or [])
    count = sum(stop - start for parts in ranges.values() for start, stop in parts)
    clips = usable["duration"].clip(upper=config["render"]["duration"]).sum()
    first = "" if len(probed) == len(videos) else "; the figures below are of these: run snakemake to probe the others"
    rows = [
        ("videos", len(videos), "", f"{len(probed)} are probed, of which {len(usable)} can be analysed{first}"),
        ("length", usable["duration"].sum() / 3600, "h", f"{count} frames to analyse"),
        ("jobs of analysis", len(due), "", f"of {sum(map(len, ranges.values()))} in all"),
    ]
    if due and not measured:
        rows.append(("analysis", float("nan"), "h", "not known yet: give the frames/s of a job as --speed"))
    elif due:
        seconds = sum(due.values()) / measured
        rows += [
            ("analysis, one job after the other", seconds / 3600, "h", f"{measured:.0f} frames/s ({source})"),
            ("analysis, the longest job", max(due.values()) / measured / 60, "min", "time limits must be longer"),
        ]
    for name, size in BYTES_PER_KEYPOINT.items():
        rows.append((f"disk, {name}", size * count * keypoints / 1e9, "GB", f"{size} bytes a keypoint and frame"))
    rows.append(("disk, clips", CLIP_BYTES_PER_SECOND * clips / 1e9, "GB", f"{clips:.0f} s of clips"))
    return pd.DataFrame(rows, columns=["what", "amount", "unit", "rests on"])


def measured_speed(results: Path) -> tuple[float | None, str]:
    """Measure the frames/s of the shards that were analysed, start of the jobs included, and say what that rests on."""
    frames_done = seconds = jobs = 0
    for path in sorted((results / places.BENCHMARKS / "infer_shard").rglob("*.jsonl")):
        start, stop = map(int, path.stem.split("-"))
        frames_done += stop - start
        seconds += sum(json.loads(line)["s"] for line in path.read_text().splitlines())
        jobs += 1
    return (frames_done / seconds, f"{jobs} jobs that are done") if seconds else (None, "")
