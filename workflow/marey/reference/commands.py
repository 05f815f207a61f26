"""Reference page of the commands: those of `marey` in their own words, and those of the Makefile."""

import argparse
import pkgutil
import re
from importlib import import_module

from marey import commands
from marey.reference.templates import REPOSITORY, fill_template


def page() -> str:
    """Write the page: a section for each subcommand of `marey`, and a row for each target of `make`."""
    return fill_template("commands", marey="\n".join(_section(name) for name in command_names()), make=_targets())


def command_names() -> list[str]:
    """List the subcommands of `marey`: the modules of its package `commands`."""
    return sorted(module.name for module in pkgutil.iter_modules(commands.__path__) if not module.name.startswith("_"))


def make_targets() -> dict[str, str]:
    """List what `make` can do, with the comments of the Makefile."""
    text = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9-]+):[^#\n]*## (.*)$", text, re.MULTILINE))


def _section(name: str) -> str:
    module = import_module(f"marey.commands.{name}")
    parser = argparse.ArgumentParser(add_help=False)
    module.add_arguments(parser)
    rows = "\n".join(map(_row, parser._actions))
    return f"### `marey {name}`\n\n{module.__doc__.strip()}\n\n| argument | what it is |\n|---|---|\n{rows}\n"


def _row(action: argparse.Action) -> str:
    return f"| `{' '.join([*action.option_strings[-1:], _value(action)])}` | {action.help} |"


def _value(action: argparse.Action) -> str:
    if isinstance(action.metavar, tuple):
        return " ".join(action.metavar)
    return action.metavar or " or ".join(action.choices or [action.dest.upper()])


def _targets() -> str:
    rows = [f"| `make {name}` | {meaning} |" for name, meaning in make_targets().items()]
    return "\n".join(["| command | what it does |", "|---|---|", *rows])
