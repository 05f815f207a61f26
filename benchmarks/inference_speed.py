"""Frames per second of the analysis of a video: decoding alone, the network alone, and from file to Parquet.

    python benchmarks/inference_speed.py                       model and video of the open-field experiment
    python benchmarks/inference_speed.py --model results/demo/models/0-0 --video demo/videos/mouse1.mp4
    python benchmarks/inference_speed.py --deeplabcut dlc/bin/python     beside DeepLabCut, of an environment of its own

The model is a folder with all its files, as the workflow writes it (`python benchmarks/openfield.py`). Each row is of
a second run, when everything is compiled. Rows of shards are of that many jobs side by side, each with a core of its
own, and count their start.
"""

import argparse
import importlib.metadata
import json
import multiprocessing
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import imageio_ffmpeg
import numpy as np

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY / "workflow"))

from marey.inference import engines, following, infer_shard, view
from marey.pictures import geometry
from marey.tables import files
from marey.tables.frames import FRAMES, READING
from marey.videos import probe_video
from marey.videos.reading import read_frames

DATA = Path(os.environ.get("MAREY_DATA", REPOSITORY.parent / "shared/data"))
VIDEO = DATA / "01_openfield_dlc_single/openfield-Pranav-2018-10-30/videos/m3v1mp4.mp4"
BATCH = 8


def main() -> None:
    """Print a row for each part of the work and each engine."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=REPOSITORY / "results/openfield/models/0-0")
    parser.add_argument("--video", type=Path, default=VIDEO)
    parser.add_argument("--frames", type=int, default=1280)
    parser.add_argument("--engines", nargs="+", default=["jax", "onnxruntime", "onnxruntime_int8"])
    parser.add_argument("--shards", nargs="*", type=int, default=sorted({1, os.cpu_count()}), help="side by side")
    parser.add_argument("--deeplabcut", type=Path, help="Python of an environment that holds DeepLabCut")
    arguments = parser.parse_args()
    names = ("model.safetensors", "model.json", "model.onnx", "model.int8.onnx")
    model = engines.ModelFiles(*(arguments.model / name for name in names))
    for path in (*model, arguments.video):
        if not path.exists():
            sys.exit(f"{path}: no such file; run the workflow first, or see --help")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("jax", "onnxruntime", "av"))
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores; Python {platform.python_version()}, {versions}")
    print("| part | engine | images | frames/s | CPU ms a frame |\n|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        measure(model, arguments, Path(folder))
    if arguments.deeplabcut:
        deeplabcut(arguments.deeplabcut, arguments.video)


def measure(model: engines.ModelFiles, arguments: argparse.Namespace, folder: Path) -> None:
    """Print the rows; `folder` takes the tables."""
    video, names = arguments.video, arguments.engines
    tables = folder / "probe.parquet", folder / "frames.parquet"
    config = {"thumbnail_width": 16, "thumbnail_interval": 10}
    probe_video.probe_video(video, *tables, video="video", relative=video.name, config=config, provenance={})
    times = files.read(tables[1], FRAMES, READING)
    count = min(arguments.frames, len(times))
    metadata = engines.start_detector(model, engine="jax", batch_size=BATCH)[1]
    scale = metadata["preprocessing"]["scale"]
    side = following.window_side(metadata["extent"] * scale)
    first = next(picture for _, picture in read_frames(video, 0, 1, frames=times))
    size = view.View(first.shape[1::-1], None, scale).decoded
    shown = "{} x {}".format(*size)
    row("decoding", "PyAV", shown, count, partial(_read, video, count, times, size))
    row("decoding", "imageio-ffmpeg's pipe", shown, count, partial(_pipe, video, count, size))
    whole = geometry.resize(first, scale=scale)
    window = np.ascontiguousarray(whole[:side, :side])
    for name in names:
        detector, _ = engines.start_detector(model, engine=name, batch_size=BATCH)
        for picture, repeats in ((window, 20), (whole, 4)):
            pictures = [picture] * BATCH * repeats
            row("network", name, f"{picture.shape[1]} x {picture.shape[0]}", len(pictures), partial(detector, pictures))
    job = partial(
        infer_shard.infer_shard, video, *tables, [model], folder / "detections.parquet", video="video", start=0
    )
    for name in names:
        for window, shown in (("auto", f"windows of {side}"), (None, "whole")):
            options = {"engine": name, "window": window, "batch_size": BATCH, "flip": False}
            config = {"infer": options, "keypoints": metadata["keypoints"]}
            row(
                "file to Parquet", name, shown, count, partial(job, stop=count, crop=None, config=config, provenance={})
            )
    for shards in arguments.shards:
        work = partial(_side_by_side, shards, partial(_shard, video, tables, model, name, count, metadata["keypoints"]))
        row("file to Parquet", name, f"windows of {side}, shards: {shards}", shards * count, work)


def deeplabcut(python: Path, video: Path) -> None:
    """Print DeepLabCut's row."""
    script = REPOSITORY / "benchmarks/deeplabcut_speed.py"
    project = video.parents[1] / "config.yaml"
    done = subprocess.run([python, script, project, video], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    name, rate = f"DeepLabCut {found['version']}, {found['net']}", found["frames"] / found["seconds"]
    print(f"| file to predictions | {name} | whole, batches of {found['batch_size']} | {rate:.1f} | |")


def _side_by_side(count: int, work: Callable) -> None:
    """Do `work(core)` in `count` processes at once."""
    processes = [multiprocessing.get_context("spawn").Process(target=work, args=(core,)) for core in range(count)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        if process.exitcode:
            sys.exit("a shard failed")


def _shard(video: Path, tables: tuple, model: engines.ModelFiles, engine: str, count: int, keypoints: list, core: int):
    """Analyse the first `count` frames on one core."""
    os.sched_setaffinity(0, {core})
    config = {"infer": {"engine": engine, "window": "auto", "batch_size": BATCH, "flip": False}, "keypoints": keypoints}
    place = {"video": "video", "start": 0, "stop": count, "crop": None, "config": config, "provenance": {}}
    infer_shard.infer_shard(video, *tables, [model], tables[0].with_name(f"{core}.parquet"), **place)


def _pipe(video: Path, count: int, size: tuple[int, int]) -> None:
    """As `_read`, by an ffmpeg process that writes images to a pipe, which does not tell their times."""
    scaled = ["-vf", "scale={}:{}:flags=bilinear".format(*size)]
    reader = imageio_ffmpeg.read_frames(video, pix_fmt="rgb24", output_params=scaled)
    next(reader)  # what is known of the file
    for index, picture in enumerate(reader, 1):
        np.frombuffer(picture, np.uint8).reshape(size[1], size[0], 3)
        if index == count:
            break
    reader.close()


def _read(video: Path, count: int, times, size: tuple[int, int]) -> None:
    for _ in read_frames(video, 0, count, frames=times, size=size):
        pass


def row(part: str, engine: str, pictures: str, count: int, work: Callable) -> None:
    """Print what the second of two runs of `work`, which is over `count` frames, took."""
    work()
    wall, cpu = time.perf_counter(), _cpu()
    work()
    wall, cpu = time.perf_counter() - wall, _cpu() - cpu
    print(f"| {part} | {engine} | {pictures} | {count / wall:.0f} | {1000 * cpu / count:.2f} |", flush=True)


def _cpu() -> float:
    """Seconds of all cores that this process and those it waited for have taken."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


if __name__ == "__main__":
    main()
