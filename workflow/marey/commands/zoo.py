"""List the trained models that come with Marey, say what one can do and cannot, or make one of a model of yours.

    marey zoo list
    marey zoo show zoo:mouse_top                       (or the folder of any trained model)
    marey zoo pack results/mice/models/0-0 --into DIR  (DIR holds card.json and keypoints.png already)

Names of the zoo and such folders are what `model.init` takes."""

import argparse
from pathlib import Path

ACTIONS = ("list", "show", "pack")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("action", choices=ACTIONS, help="what to do")
    parser.add_argument("name", nargs="?", help="with show and pack: the model, zoo:NAME or a model's folder")
    parser.add_argument("--into", type=Path, metavar="DIR", help="with pack: the folder that the bundle goes to")


def run(arguments: argparse.Namespace) -> None:
    """Print the list or the description, or write the bundle."""
    from marey.models import cards
    from marey.zoo import catalogue

    action, name, into = arguments.action, arguments.name, arguments.into
    if (name is None) != (action == "list"):
        raise ValueError("marey zoo: `list` takes no name; `show` and `pack` take one: zoo:NAME or a model's folder")
    if (into is None) == (action == "pack"):
        raise ValueError("marey zoo: `pack`, and it alone, takes the folder to write to: --into DIR")
    if action == "list":
        lines = cards.list_bundles()
    elif action == "show":
        shipped = name in catalogue.names() and not Path(name).is_dir()
        lines = cards.describe_bundle(catalogue.find(f"{catalogue.PREFIX}{name}" if shipped else name))
    else:
        from marey.models.pack_bundle import pack_bundle

        lines = [f"{into}: {pack_bundle(name, into) / 1e6:.2f} MB"]
    print("\n".join(lines))
