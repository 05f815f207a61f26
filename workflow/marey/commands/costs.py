"""Say how many jobs and hours, and how much disk, a run will take before it is started."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "--configfile", type=Path, nargs="*", default=[], help="config files of the experiment, as for snakemake"
    )
    parser.add_argument("--speed", type=_positive, help="frames/s of one job; by default that of the jobs done so far")


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text}: expected frames/s above 0")
    return number


def run(arguments: argparse.Namespace) -> None:
    """Print the table of `costs.estimate_costs`."""
    from marey.experiment import config
    from marey.experiment.config_files import merged
    from marey.running import costs
    from marey.tables import places

    experiment = config.load_config(merged(arguments.configfile))
    rows = costs.estimate_costs(experiment, places.results(experiment["project"]), speed=arguments.speed)
    for row in rows.itertuples():
        amount = f"{row.amount:.0f}" if isinstance(row.amount, int) else f"{row.amount:.3g}"
        print(f"{row.what:36} {amount:>8} {row.unit:4} {row[4]}")
