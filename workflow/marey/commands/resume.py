"""Go on after Snakemake was killed: wait for the jobs that it left running, unlock the folder, run Snakemake again.

What stands behind `resume` goes to Snakemake: give what you gave it before, such as
`marey resume --snakefile <Marey>/Snakefile --workflow-profile <Marey>/profiles/slurm`.
"""

import argparse
import sys

# So that no option of Snakemake's is one here.
PARSER = {"prefix_chars": "+", "add_help": False}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("arguments", nargs="*", metavar="ARGUMENT", help="as for snakemake")
    parser.set_defaults(print_help=parser.print_help)


def run(arguments: argparse.Namespace) -> None:
    """Run `resume.resume` and exit with the status of Snakemake."""
    if arguments.arguments in (["-h"], ["--help"]):
        arguments.print_help()
        return
    from marey.running import resume

    sys.exit(resume.resume(arguments.arguments))
