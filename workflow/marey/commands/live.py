"""Print the poses of a camera or a video file as they are seen, one line of JSON for each image."""

import argparse
import json
import sys
from pathlib import Path

ENGINES = ("auto", "jax", "onnxruntime", "onnxruntime_int8")
WINDOW_STEP, MIN_WINDOW = 32, 64  # px, as of infer.window


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("--model", type=Path, required=True, help="folder of a model, such as results/mice/models/0-0")
    parser.add_argument("--source", required=True, help="a video file, or a camera such as /dev/video0")
    parser.add_argument("--engine", default="auto", choices=ENGINES, help="as infer.engine")
    parser.add_argument("--window", type=_window, default="auto", help="as infer.window: auto, none, or px")
    parser.add_argument("--hook", help="module:function, called with each pose before it is printed")


def _window(text: str) -> int | str | None:
    if text in ("auto", "none"):
        return None if text == "none" else text
    if not text.isdigit() or int(text) < MIN_WINDOW or int(text) % WINDOW_STEP:
        wanted = f"auto, none, or a multiple of {WINDOW_STEP} px from {MIN_WINDOW}"
        raise argparse.ArgumentTypeError(f"{text}: expected {wanted}")
    return int(text)


def run(arguments: argparse.Namespace) -> None:
    """Print a line of JSON for each image, and in the end how long they took, on standard error."""
    import numpy as np

    from marey.inference import live
    from marey.inference.engines import ModelFiles
    from marey.tables.places import MODEL_FILES

    *files, quantised = (arguments.model / name for name in MODEL_FILES)
    model = ModelFiles(*files, quantised if quantised.exists() else None)
    source = Path(arguments.source)
    pictures = live.from_file(source) if source.is_file() else live.from_camera(arguments.source)
    hook = live.hook(arguments.hook) if arguments.hook else None
    latency = []
    for pose in live.stream(model, pictures, engine=arguments.engine, window=arguments.window):
        if hook:
            hook(pose)
        print(json.dumps(pose), flush=True)
        latency.append(pose["latency_ms"])
    if latency:
        middle, late = np.percentile(latency, [50, 99])
        print(f"{len(latency)} images; latency p50 {middle:.1f} ms, p99 {late:.1f} ms", file=sys.stderr)
