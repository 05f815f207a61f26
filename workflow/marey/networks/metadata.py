"""The metadata of a model, its `model.json`: read here alone, and refused where this version does not know it.

It stands below `models.bundles`, which reads weights as well, so that tracking and provenance need no JAX for it.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from marey.networks.outputs import SINGLE

FORMAT = 1
KEYS = ("animals", "architecture", "extent", "keypoints", "preprocessing", "skeleton", "symmetry", "training")


class BundleError(ValueError):
    """A bundle is broken, incomplete or too new; the message names the file and the fix."""


def read(path: str | Path) -> dict:
    """The metadata of a bundle, its file `model.json`; BundleError where this version does not know what it holds."""
    try:
        facts = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BundleError(f"{path}: no such file; train the model again") from None
    except ValueError as error:
        raise BundleError(f"{path}: not a model's JSON file ({error}); train the model again") from None
    if not isinstance(facts, dict) or not isinstance(facts.get("format"), int):
        raise BundleError(f"{path}: not a model's JSON file (no whole number 'format'); train the model again")
    if facts["format"] > FORMAT:
        raise BundleError(f"{path}: bundle format {facts['format']}, this version reads up to {FORMAT}; update Marey")
    require(path, facts, (*KEYS, "weights"))
    require(path, facts["architecture"], ("backbone", "stride", "channels", "sigma"), "architecture.")
    require(path, facts["animals"], SINGLE.facts(()), "animals.")
    require(path, facts["preprocessing"], ("scale",), "preprocessing.")
    require(path, facts["weights"], ("blake2b",), "weights.")
    return facts


def require(path: str | Path, facts: dict, keys: Iterable[str] = KEYS, prefix: str = "") -> None:
    """Refuse `facts` that lack one of the `keys`."""
    missing = [prefix + key for key in keys if key not in facts]
    if missing:
        raise BundleError(f"{path}: the model's facts lack {', '.join(missing)}; train the model again")
