"""Training and analysis on a GPU: steps and frames a second, what deterministic operations cost, what bfloat16 changes.

    python benchmarks/gpu.py                                   all of it, within eight minutes
    python benchmarks/gpu.py --parts model infer --video my.mp4
    python benchmarks/gpu.py --tiny                            a small network and few frames, on any machine

Takes the open field from MAREY_DATA (default ../shared/data). Each part is a process of its own, with the time that is
left; one that fails stops no other. Rows name the operations: deterministic ones, as jobs of the workflow ask for them,
or any. A program is compiled once for all parts with the same operations.
"""

import argparse
import importlib.metadata
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import accuracy
import imageio_ffmpeg
import jax
import kernel_gradients
import numpy as np
import pandas as pd
import precision

from marey.experiment import config as experiment
from marey.experiment import stages
from marey.inference import engines, following, infer_shard
from marey.labels import dataset
from marey.pictures import prefetch
from marey.running.gpu import deterministic_flags
from marey.tables import files
from marey.tables.frames import FRAMES, READING
from marey.tables.probe import PROBE
from marey.tables.scales import SCALES
from marey.training import tasks, train_models
from marey.training.feeding import choose_feed
from marey.training.loop import steps_per_call
from marey.training.program import Program
from marey.videos import probe_video

DATA = Path(os.environ.get("MAREY_DATA", accuracy.REPOSITORY.parent / "shared/data")).resolve()
PROJECT = DATA / "01_openfield_dlc_single/openfield-Pranav-2018-10-30"
MINUTES = 8
BLOCKS = {
    "model": {"backbone": "small", "channels": 8, "scale": 1},
    "train": {"steps": 2, "batch_size": 2, "crop": 64, "validate_every": 2},
    "augment": {"rotation": {"largest": 20}},
}
# How much is done: steps of two trainings that are compared, and of the timed one; frames that are analysed, and to
# compile; the size of large frames; frames that are compared; models; batch size, crop and number of layers.
FULL = {"blocks": {}, "checked": 100, "steps": 1000, "frames": 2330, "first": 128, "large": (1920, 1080)}
FULL |= {"compared": 32, "models": 15, "layers": (8, 224, None)}
TINY = {"blocks": BLOCKS, "checked": 2, "steps": 4, "frames": 32, "first": 32, "large": (144, 120)}
TINY |= {"compared": 2, "models": 2, "layers": (1, 32, 2)}


class Benchmark:
    """What parts share: how much to do, a folder, the experiment, and its model, trained if it is not there."""

    def __init__(self, much: SimpleNamespace, video: Path, folder: Path):
        self.much, self.video, self.folder, self.compiled = much, video, folder, 0.0
        jax.monitoring.register_event_duration_secs_listener(self._count)
        accuracy.OUT = folder / "accuracy"
        self.run = accuracy.trained("openfield", DATA, "random", dict(dotted(much.blocks)))
        raw = {"project": "gpu", "data": str(PROJECT), "videos": ".", "labels": {"sources": ["."]}, **much.blocks}
        self.config = stages.stage_config(experiment.load_config(raw), "train_model")
        self.operations = "deterministic" if "deterministic_ops=true" in os.environ.get("XLA_FLAGS", "") else "any"
        versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("jax", "jaxlib", "av"))
        device, cores = jax.devices()[0], os.cpu_count()
        print(f"machine: {device.device_kind} ({device.platform}), {platform.machine()}, {cores} cores; {versions}")

    def _count(self, event: str, seconds: float, **_) -> None:
        self.compiled += seconds if event.endswith("backend_compile_duration") else 0


def dotted(blocks: dict, before: str = "") -> Iterator[tuple[str, object]]:
    """Yield the values of nested blocks, by keys such as model.scale."""
    for key, value in blocks.items():
        yield from dotted(value, f"{before}{key}.") if isinstance(value, dict) else [(before + key, value)]


def table(*columns: str) -> Callable:
    """Print the head of a table; return what prints a row of it."""
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    return lambda *cells: print(f"| {' | '.join(map(str, cells))} |", flush=True)


def model(benchmark: Benchmark) -> None:
    """Train one model as the workflow does, from tables to bundle."""
    row = table("operations", "models", "steps of each", "s", "of these compiling")
    count = benchmark.config["train"]["steps"]
    row(benchmark.operations, 1, count, benchmark.run.seconds, f"{benchmark.compiled:.0f}")


def models(benchmark: Benchmark) -> None:
    """Train the models of five folds and three seeds in one job."""
    row = table("operations", "models", "steps of each", "s", "of these compiling")
    runs = []
    for number in range(benchmark.much.models):
        fold, seed = number % accuracy.FOLDS, number // accuracy.FOLDS
        place = benchmark.folder / f"models/{fold}-{seed}"
        place.mkdir(parents=True)
        bundle = place / "model.safetensors", place / "model.json"
        runs.append(train_models.Run(fold, seed, bundle, place / "history.parquet"))
    began, compiled = time.perf_counter(), benchmark.compiled
    options = {"state": benchmark.folder / "state", "config": benchmark.config, "provenance": {}}
    train_models.train_models(*benchmark.run.tables, runs, **options)
    seconds, compiled = time.perf_counter() - began, benchmark.compiled - compiled
    row(benchmark.operations, len(runs), benchmark.config["train"]["steps"], f"{seconds:.0f}", f"{compiled:.0f}")


def steps(benchmark: Benchmark) -> None:
    """Take the steps of one model, without validations; tell whether some of them give the same weights again."""
    config, tables, much = benchmark.config, benchmark.run.tables, benchmark.much
    labelled = dataset.load_dataset(tables[0], keypoints=len(config["keypoints"]))
    train = dataset.frame_parts(tables[1], labelled, fold=0)["part"].to_numpy() == "train"
    task = tasks.find_keypoints(labelled, train, config)
    program, examples, rows = Program(task), task.examples(), task.rows(train)
    feed, size = choose_feed(examples, program, rows), config["train"]["batch_size"]
    count = steps_per_call(feed.most_steps, much.checked, much.steps)

    def take(number: int) -> list[np.ndarray]:
        orders = examples.orders(rows, size, seed=0)
        calls = (feed.chosen([next(orders) for _ in range(count)]) for _ in range(number // count))
        state = program.spread(program.start(jax.random.key(0)))
        for chosen in prefetch.ahead(calls):
            state, _ = program.take_steps(state, jax.random.key(0), chosen, feed.data)
        return jax.tree.leaves(jax.device_get(state.params))

    compiled = benchmark.compiled
    once, again = take(much.checked), take(much.checked)
    compiled, began = benchmark.compiled - compiled, time.perf_counter()
    take(much.steps)
    seconds = time.perf_counter() - began
    same = "the same" if all(map(np.array_equal, once, again)) else "others"
    row = table(
        "operations", "examples", "batch", "compiling, s", "steps", "s", "steps/s", f"weights of {much.checked}"
    )
    rate, where = f"{much.steps / seconds:.1f}", f"{type(feed).__name__}, {count} a call"
    row(benchmark.operations, where, size, f"{compiled:.0f}", much.steps, f"{seconds:.1f}", rate, f"{same} again")


def infer(benchmark: Benchmark) -> None:
    """Analyse videos from file to Parquet, in JAX; with any operations, only in the way that most are analysed in."""
    row = table("operations", "video", "looked at", "batch size", "frames", "frames/s", "CPU ms a frame")
    metadata = engines.start_detector(benchmark.run.model, engine="jax", batch_size=1)[1]
    ways = [(None, "auto", "auto"), (None, None, "auto"), (benchmark.much.large, "auto", "auto")]
    ways += [(benchmark.much.large, None, "auto"), (None, "auto", 8), (None, "auto", 128)]
    for large, window, batch in ways[:1] if benchmark.operations == "any" else ways:
        video, tables, scales = probed(benchmark, large, metadata)
        infer = {"engine": "jax", "window": window, "batch_size": batch, "flip": False}
        how = {"crop": None, "config": {"infer": infer, "keypoints": metadata["keypoints"]}, "provenance": {}}
        size, times = files.read(tables[0], PROBE, ["width", "height"]), files.read(tables[1], FRAMES, READING)
        count, out = min(benchmark.much.frames, len(times)), benchmark.folder / "detections.parquet"
        for stop in benchmark.much.first, count:  # the first compiles
            began, cpu = time.perf_counter(), time.process_time()
            job = [video, *tables, [benchmark.run.model], out, None, None, [], scales]
            infer_shard.infer_shard(*job, video="v", start=0, stop=stop, **how)
            seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        shown = "{} x {}".format(*size.iloc[0])
        side = following.window_side(metadata["extent"] * metadata["preprocessing"]["scale"])
        looked = f"windows of {side}" if window else "whole"
        row(benchmark.operations, shown, looked, batch, count, f"{count / seconds:.0f}", f"{1000 * cpu / count:.2f}")


def probed(benchmark: Benchmark, large: tuple[int, int] | None, metadata: dict) -> tuple[Path, tuple, Path | None]:
    """Return the video, or a copy of the size `large` made from it, its tables `probe` and `frames`, and its `scales`.

    To the network, the animal is as large in the copy.
    """
    name, video = "large" if large else "small", benchmark.video
    if large:
        video = benchmark.folder / "large.mp4"
    tables = tuple(benchmark.folder / f"{name}.{table}.parquet" for table in ("probe", "frames"))
    scales = benchmark.folder / "scales.parquet" if large else None
    if not tables[0].exists():
        if large:
            size = files.read(benchmark.folder / "small.probe.parquet", PROBE, ["width", "height"]).iloc[0]
            factor = min(large / size.to_numpy())
            shape = f"scale=iw*{factor}:ih*{factor},pad={large[0]}:{large[1]}:(ow-iw)/2:(oh-ih)/2"
            ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error"]
            subprocess.check_call([*ffmpeg, "-i", benchmark.video, "-vf", shape, video])
            row = {"video": "v", "scale": metadata["preprocessing"]["scale"] / factor, "magnification": factor}
            row |= {"used": True, "source": "config", "confidence": 1.0, "frames": 0, "sized_frames": 0}
            files.write(scales, pd.DataFrame([row | {"size": np.nan, "size_spread": np.nan}]), SCALES)
        thumbnails = {"thumbnail_width": 16, "thumbnail_interval": 10}
        probe_video.probe_video(video, *tables, video="v", relative=name, config=thumbnails, provenance={})
    return video, tables, scales


def errors(benchmark: Benchmark) -> None:
    """Compare float32 and bfloat16."""
    precision.compare(benchmark.run.model, benchmark.video, benchmark.much.compared)


def gradients(benchmark: Benchmark) -> None:
    """Compare forms of the kernel gradients of depthwise convolutions."""
    kernel_gradients.compare(*benchmark.much.layers)


# In the order in which they are run: those that take longest come last.
JOBS = [(model, True), (infer, True), (steps, True), (steps, False), (errors, False), (gradients, False)]
JOBS += [(infer, False), (models, True)]


def main() -> None:
    """Run the parts one after another, each in a process of its own."""
    parts = {part.__name__: part for part, _ in JOBS}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parts", nargs="+", choices=parts, default=list(parts))
    parser.add_argument("--video", type=Path, default=PROJECT / "videos/m3v1mp4.mp4")
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument(
        "--part", nargs=2, metavar=("PART", "FOLDER"), help="only this one, with what others left there"
    )
    options = parser.parse_args()
    if options.part:
        much = SimpleNamespace(**(TINY if options.tiny else FULL))
        return parts[options.part[0]](Benchmark(much, options.video, Path(options.part[1])))
    ends = time.monotonic() + 60 * MINUTES
    with tempfile.TemporaryDirectory() as folder:
        cache = {"JAX_COMPILATION_CACHE_DIR": folder, "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
        for part, deterministic in JOBS:
            left, flags = max(1, ends - time.monotonic()), os.environ.get("XLA_FLAGS", "")
            flags = {"XLA_FLAGS": deterministic_flags(flags) if deterministic else flags}
            if part.__name__ in options.parts:
                print(f"\n## {part.__name__}: {left:.0f} s left", flush=True)
                command = [sys.executable, __file__, *sys.argv[1:], "--part", part.__name__, folder]
                try:
                    subprocess.run(command, env=os.environ | cache | flags, timeout=left, check=True)
                except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
                    print(f"{part.__name__} did not finish: {str(error)[-80:]}", flush=True)


if __name__ == "__main__":
    main()
