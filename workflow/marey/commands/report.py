"""Write report.html as far as a run has come, or was stopped; a run writes it by itself when it ends."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "--configfile", type=Path, nargs="*", default=[], help="config files of the experiment, as for snakemake"
    )


def run(arguments: argparse.Namespace) -> None:
    """Write the report and print where it is."""
    from marey.experiment import config, sheet
    from marey.experiment.config_files import merged
    from marey.tables import places
    from marey.views.report import write_report

    experiment = config.load_config(merged(arguments.configfile))
    print(write_report(experiment, sheet.read_videos(experiment), places.results(experiment["project"])))
