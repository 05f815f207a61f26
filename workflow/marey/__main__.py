"""The command `marey`: what is done beside the workflow. Each subcommand is a module of `commands`."""

import argparse
import os
import signal
import sys
from importlib import import_module

COMMANDS = ("init", "costs", "preflight", "resume", "report", "why", "live", "synth", "zoo")
DESCRIPTION = (
    "Markerless animal pose estimation: what is done beside the workflow, which `snakemake` runs. "
    "`marey COMMAND --help` says more of each."
)


def main() -> None:
    """Run the command line; errors of the user's are said in a line, and a reader who stops reading ends it quietly."""
    try:
        try:
            arguments = parser().parse_args()
            arguments.run(arguments)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        _end_as_others_do()
    except ValueError as error:  # of config, model and video: it says what is wrong
        sys.exit(str(error))


def parser() -> argparse.ArgumentParser:
    """Make the parser of `marey`; the modules of the subcommands load what they need when they run."""
    made = argparse.ArgumentParser(prog="marey", description=DESCRIPTION)
    commands = made.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name in COMMANDS:
        module = import_module(f"marey.commands.{name}")
        summary = module.__doc__.splitlines()[0]
        options = {"help": summary, "description": module.__doc__, "formatter_class": argparse.RawTextHelpFormatter}
        command = commands.add_parser(name, **options, **getattr(module, "PARSER", {}))
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return made


def _end_as_others_do() -> None:
    """End as a program does that writes to `head` after that has ended: by SIGPIPE (141 to a shell), without a word."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGPIPE)


if __name__ == "__main__":
    main()
