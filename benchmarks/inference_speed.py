"""Frames per second of the analysis of a video: decoding alone, the network alone, and from file to Parquet.

    python benchmarks/inference_speed.py                       model and video of the open-field experiment
    python benchmarks/inference_speed.py --model results/demo/models/0-0 --video demo/videos/mouse1.mp4

The model is a folder with all its files, as the workflow writes it (`snakemake --configfile
config/experiments/openfield.yaml`). Engines take turns; the second turn counts, when everything is compiled.
"""

import argparse
import importlib.metadata
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY / "workflow"))

from marey import analysis, engines, following, geometry, probe  # noqa: E402
from marey.tables import files, frames  # noqa: E402
from marey.videos import read_frames  # noqa: E402

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
    arguments = parser.parse_args()
    names = ("model.safetensors", "model.json", "model.onnx", "model.int8.onnx")
    model = engines.Model(*(arguments.model / name for name in names))
    for path in (*model, arguments.video):
        if not path.exists():
            sys.exit(f"{path}: no such file; run the workflow first, or see --help")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("jax", "onnxruntime", "av"))
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores; Python {platform.python_version()}, {versions}")
    print("| part | engine | pictures | frames/s | CPU ms a frame |\n|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        measure(model, arguments.video, arguments.frames, arguments.engines, Path(folder))


def measure(model: engines.Model, video: Path, count: int, names: list[str], folder: Path) -> None:
    """Print the rows; `folder` takes the tables."""
    tables = folder / "probe.parquet", folder / "frames.parquet"
    config = {"thumbnail_width": 16, "thumbnail_interval": 10}
    probe.probe_video(video, *tables, video="video", relative=video.name, config=config, provenance={})
    times = files.read(tables[1], frames.SCHEMA, ["frame", "pts", "key_frame", "fault"])
    count = min(count, len(times))
    facts = engines.start(model, engine="jax", batch_size=BATCH)[1]
    scale = facts["preprocessing"]["scale"]
    side = following.window_side(facts["extent"] * scale)
    first = next(picture for _, picture in read_frames(video, 0, 1, frames=times))
    size = analysis.View(first.shape[1::-1], None, scale).decoded
    row("decoding", "", "{} x {}".format(*size), count, partial(_read, video, count, times, size))
    whole = geometry.resize(first, scale=scale)
    window = np.ascontiguousarray(whole[:side, :side])
    for name in names:
        detector, _ = engines.start(model, engine=name, batch_size=BATCH)
        for picture, repeats in ((window, 20), (whole, 4)):
            pictures = [picture] * BATCH * repeats
            row("network", name, f"{picture.shape[1]} x {picture.shape[0]}", len(pictures), partial(detector, pictures))
    job = partial(analysis.infer_shard, video, *tables, [model], folder / "detections.parquet", video="video", start=0)
    for name in names:
        for window, shown in (("auto", f"windows of {side}"), (None, "whole")):
            options = {"engine": name, "window": window, "batch_size": BATCH}
            config = {"infer": options, "keypoints": facts["keypoints"]}
            row(
                "file to Parquet", name, shown, count, partial(job, stop=count, crop=None, config=config, provenance={})
            )


def _read(video: Path, count: int, times, size: tuple[int, int]) -> None:
    for _ in read_frames(video, 0, count, frames=times, size=size):
        pass


def row(part: str, engine: str, pictures: str, count: int, work: Callable) -> None:
    """Print what the second of two runs of `work`, which is over `count` frames, took."""
    work()
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"| {part} | {engine} | {pictures} | {count / wall:.0f} | {1000 * cpu / count:.2f} |", flush=True)


if __name__ == "__main__":
    main()
