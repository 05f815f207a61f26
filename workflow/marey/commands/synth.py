"""Make a small experiment to try the workflow on: rendered videos with their sheet, labels and exact truth."""

import argparse
import os
import sys
from pathlib import Path

MADE_EXPERIMENTS = {
    "demo": "three videos of one mouse each (config/experiments/demo.yaml)",
    "mice": "one video of three mice in one arena (config/experiments/mice.yaml)",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    kinds = "; ".join(f"{name}: {text}" for name, text in MADE_EXPERIMENTS.items())
    parser.add_argument("experiment", choices=MADE_EXPERIMENTS, help=kinds)
    parser.add_argument("folder", type=Path, help="where to write it; files that are there are replaced")


def run(arguments: argparse.Namespace) -> None:
    """Write the experiment to the folder."""
    if not sys.stderr.isatty():  # tqdm reads this when it is imported: a line now and then in a log
        os.environ.setdefault("TQDM_MININTERVAL", "10")
    from marey.synth import experiments

    getattr(experiments, arguments.experiment)(arguments.folder)
