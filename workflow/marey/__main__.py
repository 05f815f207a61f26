"""`python -m marey live`: what is done beside the workflow."""

import argparse
import json
import signal
import sys
from pathlib import Path

import numpy as np

from marey import live
from marey.engines import Model

FILES = ("model.safetensors", "model.json", "model.onnx", "model.int8.onnx")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m marey", description="What is done beside the workflow.")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("live", help="poses of a camera or a file as lines of JSON")
    command.add_argument("--model", type=Path, required=True, help="folder of a model, such as results/mice/models/0-0")
    command.add_argument("--source", required=True, help="a video file, or a camera such as /dev/video0")
    command.add_argument("--engine", default="auto", help="as infer.engine: auto, jax, onnxruntime, onnxruntime_int8")
    command.add_argument("--window", type=_window, default="auto", help="as infer.window: auto, none, or px")
    command.add_argument("--hook", type=live.hook, help="module:function, called with each pose before it is printed")
    arguments = parser.parse_args()
    follow(arguments)


def _window(text: str) -> int | str | None:
    return {"auto": "auto", "none": None}[text] if text in ("auto", "none") else int(text)


def follow(arguments: argparse.Namespace) -> None:
    """Print a line of JSON for each picture, and how long they took on standard error."""
    model = Model(*(arguments.model / name for name in FILES))
    source = Path(arguments.source)
    pictures = live.from_file(source) if source.is_file() else live.from_camera(arguments.source)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # whoever reads may stop reading
    latency = []
    for pose in live.stream(model, pictures, engine=arguments.engine, window=arguments.window):
        if arguments.hook:
            arguments.hook(pose)
        print(json.dumps(pose), flush=True)
        latency.append(pose["latency_ms"])
    if latency:
        middle, late = np.percentile(latency, [50, 99])
        print(f"{len(latency)} pictures; latency p50 {middle:.1f} ms, p99 {late:.1f} ms", file=sys.stderr)


if __name__ == "__main__":
    main()
