"""Say what a result was made from, step by step, and whether any of that has changed since."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    wanted = parser.add_mutually_exclusive_group(required=True)
    wanted.add_argument("result", type=Path, nargs="?", help="any output of the workflow: a table, a figure, a clip")
    wanted.add_argument("--diff", type=Path, nargs=2, metavar=("A", "B"), help="say what sets two results apart")
    parser.add_argument("--video", help="only what is behind this video")
    parser.add_argument("--frame", type=int, help="only what is behind this frame of it, with the rows of its labels")


def run(arguments: argparse.Namespace) -> None:
    """Print the lines of `why.explain` or `differences.compare`."""
    from marey.provenance import differences, why

    if arguments.diff:
        if arguments.video is not None or arguments.frame is not None:
            raise ValueError("--diff compares whole results: leave out --video and --frame")
        lines = differences.compare(*arguments.diff)
    else:
        lines = why.explain(arguments.result, video=arguments.video, frame=arguments.frame)
    for line in lines:
        print(line)
