"""Bundles to start from: those of the zoo, `zoo:NAME`, and those of any folder.

Each folder beside this file is a bundle of the zoo: `model.safetensors` and `model.json`, with a `card.json` that says
what it can do and cannot, and a picture of its keypoints. A trained model's folder, such as results/mice/models/0-0,
is a bundle without a card.

Asked while the Snakefile is parsed: nothing heavy is imported here.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from marey.networks.metadata import BundleError, read_metadata
from marey.networks.weights_header import check_weights
from marey.tables.places import BUNDLE_TABLES, MODEL_FILES

ZOO = Path(__file__).parent
PREFIX = "zoo:"
CARD, PICTURE = "card.json", "keypoints.png"


class Bundle(NamedTuple):
    """Describe a bundle to start from.

    Attributes:
        name: as the config names it.
        weights: its file `model.safetensors`.
        json: its file `model.json`.
    """

    name: str
    weights: Path
    json: Path

    @property
    def folder(self) -> Path:
        """Return the folder of the bundle."""
        return self.json.parent

    @property
    def files(self) -> tuple[Path, Path]:
        """Return the weights and the metadata, as `bundles.load_bundle` takes them."""
        return self.weights, self.json

    @property
    def tables(self) -> list[Path]:
        """Return the tables of what was learnt of the model, as far as they lie beside it."""
        return [path for name in BUNDLE_TABLES if (path := self.folder / name).is_file()]

    @property
    def shipped(self) -> bool:
        """Tell whether the bundle is of the zoo and comes with Marey."""
        return self.name.startswith(PREFIX)

    def metadata(self) -> dict:
        """Read the metadata; BundleError where this version does not know what the file holds."""
        return read_metadata(self.json)

    def check(self) -> None:
        """Check metadata, the header of the weights and the card; BundleError where they are broken, or do not fit."""
        check_weights(self.weights, self.metadata())
        self.card()

    def card(self) -> dict | None:
        """Read the card; None where the bundle has none, BundleError where it is no JSON."""
        path = self.folder / CARD
        if not path.exists():
            return None
        try:
            card = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise BundleError(f"{path}: not a bundle's card ({error}); copy it again") from None
        if not isinstance(card, dict):
            raise BundleError(f"{path}: not a bundle's card (no mapping); copy it again")
        return card


def names(zoo: Path = ZOO) -> list[str]:
    """List the bundles of the zoo by name."""
    return sorted(path.parent.name for path in zoo.glob(f"*/{MODEL_FILES[1]}"))


def find(init: str, data: Path = Path(), zoo: Path = ZOO) -> Bundle:
    """Find the bundle that a config's `model.init` names.

    Args:
        init: `zoo:NAME`, or the path of a bundle's folder.
        data: folder that paths are relative to.
        zoo: folder of the zoo.

    Returns:
        The bundle, whose files are there.

    Raises:
        BundleError: there is none, or a file of it is missing; the message says what there is.
    """
    shipped = init.startswith(PREFIX)
    name = init.removeprefix(PREFIX)
    if shipped and name not in names(zoo):
        known = ", ".join(PREFIX + each for each in names(zoo)) or "none"
        raise BundleError(f"{init}: no such bundle; the zoo has {known}, and `marey zoo list` says more")
    folder = zoo / name if shipped else Path(data, init)
    both = " and ".join(MODEL_FILES[:2])
    if not folder.is_dir():
        known = f"; of the zoo: {', '.join(PREFIX + each for each in names(zoo))}" if names(zoo) else ""
        raise BundleError(f"{folder}: no such folder; name that of a model, with {both}{known}")
    weights, metadata = (folder / file for file in MODEL_FILES[:2])
    for path in (weights, metadata):
        if not path.is_file():
            raise BundleError(f"{path}: no such file; a bundle is {both}: copy them, or name the folder that has them")
    return Bundle(init, weights, metadata)


def of_job(init: str, inputs: Sequence[str]) -> Bundle:
    """Return the bundle that a job starts from: one of the zoo, or that whose files are its `inputs`, weights first."""
    return find(init if init.startswith(PREFIX) else str(Path(inputs[0]).parent))
