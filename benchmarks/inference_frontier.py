"""Error against frames per second: what the network sees (its scale) and how it is run (engine, windows).

    python benchmarks/inference_frontier.py --figure benchmarks/frontier.png

Errors are those of the open field's test frames, in the folds that are asked for; in windows, each frame is looked at
whole, and again in the window that this places. Frames per second are those of the example video, from file to Parquet,
the start of the job apart. Takes the data from MAREY_DATA (default ../shared/data); models are those of `accuracy.py`,
and are trained if they are not there.
"""

import argparse
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from accuracy import DATA, Run, setting, trained
from matplotlib.ticker import ScalarFormatter

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY / "workflow"))

from marey.inference import engines, following, infer_shard
from marey.inference.detector import CPU_BATCH
from marey.labels import dataset
from marey.models import export_model, quantise_model
from marey.pictures.views import Picture
from marey.videos import probe_video
from marey.views.colors import GOOD, MUTED
from marey.views.plots import style

VIDEO = "01_openfield_dlc_single/openfield-Pranav-2018-10-30/videos/m3v1mp4.mp4"
VARIANTS = {
    "scale 0.5": {"model.scale": 0.5},
    "scale 0.75": {"model.scale": 0.75},
    "scale 1": {"model.scale": 1},
    "defaults (scale 1.5)": {},
    "scale 2": {"model.scale": 2},
}
# How a model is run, and the number of frames that are timed.
WAYS = {
    "8 bits, windows": ({"engine": "onnxruntime_int8", "window": "auto", "flip": False}, 2272),
    "float32, windows": ({"engine": "onnxruntime", "window": "auto", "flip": False}, 1280),
    "8 bits, windows, flip": ({"engine": "onnxruntime_int8", "window": "auto", "flip": True}, 1280),
    "8 bits, whole frames": ({"engine": "onnxruntime_int8", "window": None, "flip": False}, 320),
    "float32, whole frames": ({"engine": "onnxruntime", "window": None, "flip": False}, 160),
}


def main() -> None:
    """Print a row for each model and way of running it, and draw them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folds", nargs="+", type=int, default=[0])
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--frames", type=int, help="at most so many are timed")
    parser.add_argument("--set", nargs="+", type=setting, default=[], metavar="KEY=VALUE", help="train.steps=500")
    parser.add_argument("--figure", type=Path)
    arguments = parser.parse_args()
    data = Path(os.environ.get("MAREY_DATA", REPOSITORY.parent / "shared/data")).resolve()
    if not data.is_dir():
        sys.exit(f"{data}: no such folder; set MAREY_DATA")
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores")
    print("| model | run in | mean px | median | points | frames/s |\n|---|---|---|---|---|---|")
    rows = []
    for name in arguments.variants:
        settings = DATA["openfield"][1] | dict(arguments.set) | VARIANTS[name]
        runs = [trained("openfield", data, "random", settings, fold=fold) for fold in arguments.folds]
        for run in runs:
            if not run.model.quantised.exists():
                export_model.export_model(run.model[:2], run.model.onnx_copy)
                quantise_model.quantise_model(
                    run.model[:2], run.model.onnx_copy, *run.tables, run.model.quantised, fold=run.fold
                )
        for way, (options, count) in WAYS.items():
            distances = np.concatenate([looked_at(run, options) for run in runs])
            rate = speed(runs[0].model, data / VIDEO, min(count, arguments.frames or count), options)
            rows.append((name, way, distances.mean(), rate))
            print(
                f"| {name} | {way} | {distances.mean():.2f} | {np.median(distances):.2f} | {len(distances)} "
                f"| {rate:.0f} |",
                flush=True,
            )
    if arguments.figure:
        draw(rows, arguments.figure)


def looked_at(run: Run, options: dict) -> np.ndarray:
    """Distances from the labels of the test frames, px of the video."""
    detector, metadata = engines.start_detector(
        run.model, engine=options["engine"], batch_size=CPU_BATCH, flip=options["flip"]
    )
    labelled = dataset.load_dataset(run.tables[0], keypoints=detector.keypoints)
    part = dataset.frame_parts(run.tables[1], labelled, fold=run.fold)["part"].to_numpy()
    scale, distances = metadata["preprocessing"]["scale"], []
    side = following.window_side(metadata["extent"] * scale)
    for index in np.flatnonzero(part == "test"):
        picture = Picture(labelled.images[index], scale)
        points, confidence = (each[0] for each in detector([picture.whole()]))
        animal = following.Animal(side, picture.size)
        animal.see(points, confidence, whole=True)
        if options["window"] and animal.corner is not None and side < min(picture.size):
            points = detector([animal.window(picture)])[0][0] + animal.corner
        distances.append(np.linalg.norm(picture.to_image(points) - labelled.points[index, 0], axis=1))
    distances = np.concatenate(distances)
    return distances[np.isfinite(distances)]


def speed(model: engines.ModelFiles, video: Path, count: int, options: dict) -> float:
    """Frames/s from file to Parquet: of `count` frames more than of the first group."""
    with tempfile.TemporaryDirectory() as folder:
        tables = Path(folder, "probe.parquet"), Path(folder, "frames.parquet")
        thumbnails = {"thumbnail_width": 16, "thumbnail_interval": 10}
        probe_video.probe_video(video, *tables, video="video", relative="", config=thumbnails, provenance={})
        keypoints = engines.start_detector(model, engine="jax", batch_size=1)[1]["keypoints"]
        config = {"infer": {**options, "batch_size": "auto"}, "keypoints": keypoints}

        def seconds(stop: int) -> float:
            began, place = time.perf_counter(), {"video": "video", "start": 0, "stop": stop, "crop": None}
            infer_shard.infer_shard(
                video, *tables, [model], Path(folder, "out.parquet"), **place, config=config, provenance={}
            )
            return time.perf_counter() - began

        seconds(2 * following.GROUP_FRAMES)  # compiles
        start = seconds(following.GROUP_FRAMES)
        return count / (seconds(following.GROUP_FRAMES + count) - start)


def draw(rows: list[tuple], path: Path) -> None:
    """A point for each row, the models by name, the ways of running them by colour and shape."""
    title = "Error over speed: open field, 640 x 480, file to Parquet"
    with style.figure(path, width=7.5, height=4.5, title=title) as drawn:
        axes = drawn.subplots()
        for way, (options, _) in WAYS.items():
            chosen = [row[2:] for row in rows if row[1] == way]
            color = GOOD if options["window"] else MUTED
            face = color if "int8" in options["engine"] else "none"
            shape = "^" if options["flip"] else "o"
            distances, rates = zip(*chosen, strict=True)
            axes.plot(rates, distances, shape, color=color, markerfacecolor=face, label=way)
        for name, way, distance, rate in rows:
            if way == next(iter(WAYS)):
                axes.annotate(name, (rate, distance), xytext=(6, 4), textcoords="offset points")
        axes.set(
            xscale="log", xlabel="frames/s on this machine", ylabel="mean error on test frames, px", ylim=(0, None)
        )
        axes.xaxis.set_major_formatter(ScalarFormatter())
        axes.legend()


if __name__ == "__main__":
    main()
