"""Render small experiments with exact truth to try the workflow on, or images of animals to train on."""

import argparse
import os
import pkgutil
import sys
from pathlib import Path

from marey.synth import animals

MADE_EXPERIMENTS = {
    "demo": "three videos of one mouse each (config/experiments/demo.yaml)",
    "demo3d": "one mouse by three cameras, and a board to calibrate them (config/experiments/demo3d.yaml)",
    "mice": "one video of three mice in one arena (config/experiments/mice.yaml)",
}
EXAMPLES = "examples: single images of an animal, all different, with a label table and a sheet.png"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    kinds = "; ".join([*(f"{name}: {text}" for name, text in MADE_EXPERIMENTS.items()), EXAMPLES])
    parser.add_argument("experiment", choices=[*MADE_EXPERIMENTS, "examples"], help=kinds)
    parser.add_argument("folder", type=Path, help="where to write it; files that are there are replaced")
    parser.add_argument("--number", type=_positive, default=1000, help="how many examples (1000)")
    names = sorted(module.name for module in pkgutil.iter_modules(animals.__path__))
    parser.add_argument("--animal", choices=names, default="mouse_top", help="of the examples (mouse_top)")
    parser.add_argument("--seed", type=_seed, default=0, help="of the examples: chooses which (0)")


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text}: expected a number of images above 0")
    return int(text)


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text}: expected a whole number, 0 or larger")
    return int(text)


def run(arguments: argparse.Namespace) -> None:
    """Write the experiment to the folder."""
    try:
        arguments.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"{arguments.folder}: cannot be made ({error.strerror}); name another folder") from None
    if not sys.stderr.isatty():  # tqdm reads this when it is imported: a line now and then in a log
        os.environ.setdefault("TQDM_MININTERVAL", "10")
    if arguments.experiment == "examples":
        from marey.synth.example_files import write_examples

        write_examples(arguments.folder, number=arguments.number, seed=arguments.seed, animal=arguments.animal)
        return
    from marey.synth import experiments

    getattr(experiments, arguments.experiment)(arguments.folder)
