"""`python -m marey`: what is done beside the workflow."""

import argparse
import json
import signal
import sys
from pathlib import Path

import numpy as np
import yaml

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
    command.add_argument("--hook", help="module:function, called with each pose before it is printed")
    command.set_defaults(run=follow)
    command = commands.add_parser("plan", help="jobs, hours and disk of a run, before it is run")
    command.add_argument("--configfile", type=Path, nargs="*", default=[], help="as for snakemake")
    command.add_argument("--speed", type=float, help="frames/s of one job; by default that of the jobs that are done")
    command.set_defaults(run=plan)
    # Another prefix, so that the options of Snakemake are no options here.
    command = commands.add_parser("resume", help="go on after Snakemake was killed", prefix_chars="+", add_help=False)
    command.add_argument("arguments", nargs="*", help="as for snakemake")
    command.set_defaults(run=resume)
    command = commands.add_parser("preflight", help="whether this machine has what the workflow needs")
    command.add_argument("--configfile", type=Path, nargs="*", default=[], help="as for snakemake")
    command.set_defaults(run=check)
    command = commands.add_parser("why", help="what a result was made from, and whether that has changed since")
    wanted = command.add_mutually_exclusive_group(required=True)
    wanted.add_argument("result", type=Path, nargs="?", help="any output of the workflow")
    wanted.add_argument("--diff", type=Path, nargs=2, metavar=("A", "B"), help="say what sets two results apart")
    command.add_argument("--video", help="only what is behind this video")
    command.add_argument("--frame", type=int, help="only what is behind this frame of it, with the rows of its labels")
    command.set_defaults(run=why)
    arguments = parser.parse_args()
    try:
        arguments.run(arguments)
    except ValueError as error:  # of config, model and video: it says what is wrong
        sys.exit(str(error))


def _window(text: str) -> int | str | None:
    return {"auto": "auto", "none": None}[text] if text in ("auto", "none") else int(text)


def follow(arguments: argparse.Namespace) -> None:
    """Print a line of JSON for each picture, and how long they took on standard error."""
    from marey.inference import live
    from marey.inference.engines import Model

    model = Model(*(arguments.model / name for name in FILES))
    source = Path(arguments.source)
    pictures = live.from_file(source) if source.is_file() else live.from_camera(arguments.source)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # whoever reads may stop reading
    hook = live.hook(arguments.hook) if arguments.hook else None
    latency = []
    for pose in live.stream(model, pictures, engine=arguments.engine, window=arguments.window):
        if hook:
            hook(pose)
        print(json.dumps(pose), flush=True)
        latency.append(pose["latency_ms"])
    if latency:
        middle, late = np.percentile(latency, [50, 99])
        print(f"{len(latency)} pictures; latency p50 {middle:.1f} ms, p99 {late:.1f} ms", file=sys.stderr)


def plan(arguments: argparse.Namespace) -> None:
    """Print the table of `costs.estimate`."""
    from marey.experiment import config
    from marey.running import costs

    experiment = config.load(_raw_config(arguments.configfile))
    rows = costs.estimate(experiment, Path("results", experiment["project"]), speed=arguments.speed)
    for row in rows.itertuples():
        amount = f"{row.amount:.0f}" if isinstance(row.amount, int) else f"{row.amount:.3g}"
        print(f"{row.what:36} {amount:>8} {row.unit:4} {row[4]}")


def resume(arguments: argparse.Namespace) -> None:
    """Run `resume.resume`."""
    from marey.running import resume

    sys.exit(resume.resume(arguments.arguments))


def check(arguments: argparse.Namespace) -> None:
    """Print the table of `preflight`; exit with 1 if a check failed."""
    from marey.running import preflight

    good, text = preflight.preflight(Path("results", _raw_config(arguments.configfile)["project"]))
    print(text)
    sys.exit(not good)


def _raw_config(files: list[Path]) -> dict:
    """The config as Snakemake merges it, unchecked."""
    raw: dict = {}
    for path in [Path("config/config.yaml"), *files]:
        _update(raw, yaml.safe_load(path.read_text()))
    return raw


def why(arguments: argparse.Namespace) -> None:
    """Print the lines of `why.explain` or `differences.compare`."""
    from marey.provenance import differences, why

    if arguments.diff:
        lines = differences.compare(*arguments.diff)
    else:
        lines = why.explain(arguments.result, video=arguments.video, frame=arguments.frame)
    for line in lines:
        print(line)


def _update(values: dict, changes: dict) -> None:
    """Merge `changes` into `values` as Snakemake merges config files: mappings key by key, all else whole."""
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(values.get(key), dict):
            _update(values[key], value)
        else:
            values[key] = value


if __name__ == "__main__":
    main()
