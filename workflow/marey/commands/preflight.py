"""Check whether this machine has what the workflow needs, and say how to fix what it lacks."""

import argparse
import sys
from pathlib import Path

from marey.commands import _checkout


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "--configfile", type=Path, nargs="*", default=[], help="config files of the experiment, as for snakemake"
    )


def run(arguments: argparse.Namespace) -> None:
    """Print the table of `preflight`; exit with 1 if a check failed."""
    from marey.experiment.config import load_config
    from marey.experiment.config_files import merged
    from marey.running.preflight import preflight
    from marey.tables import places

    results = places.results(load_config(merged(arguments.configfile))["project"])
    good, text = preflight(results, _checkout.root())
    print(text)
    sys.exit(not good)
