"""Say how many jobs and hours, and how much disk, a run will take before it is started."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "--configfile", type=Path, nargs="*", default=[], help="config files of the experiment, as for snakemake"
    )
    parser.add_argument("--speed", type=float, help="frames/s of one job; by default that of the jobs that are done")


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
