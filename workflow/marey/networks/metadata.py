"""The metadata of a model, its `model.json`: read here alone, and refused where this version does not know it.

It stands below `models.bundles`, which reads weights as well, so that tracking and provenance need no JAX for it.
"""

import json
import math
from collections.abc import Iterable
from pathlib import Path

from marey.networks.outputs import SINGLE, Layout

BUNDLE_FORMAT = 1
METADATA_KEYS = (
    "animals",
    "architecture",
    "extent",
    "individual",
    "keypoints",
    "mirrored",
    "preprocessing",
    "skeleton",
    "symmetry",
    "training",
)


class BundleError(ValueError):
    """Say that a bundle is broken, incomplete or too new; the message names the file and the fix."""


def read_metadata(path: str | Path) -> dict:
    """Read the metadata of a bundle, its file `model.json`.

    Raises BundleError where this version does not know what the file holds.
    """
    try:
        metadata = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BundleError(f"{path}: no such file; name the folder of a trained model, or train it again") from None
    except ValueError as error:
        raise BundleError(f"{path}: not a model's JSON file ({error}); train the model again") from None
    if not isinstance(metadata, dict) or type(metadata.get("format")) is not int:
        raise BundleError(f"{path}: not a model's JSON file (no whole number 'format'); train the model again")
    if not 1 <= metadata["format"] <= BUNDLE_FORMAT:
        raise BundleError(
            f"{path}: bundle format {metadata['format']}, this version reads 1 to {BUNDLE_FORMAT}; update Marey"
        )
    require_keys(path, metadata, (*METADATA_KEYS, "weights"))
    require_keys(path, metadata["architecture"], ("backbone", "stride", "channels", "sigma"), "architecture.")
    require_keys(path, metadata["animals"], SINGLE.metadata(()), "animals.")
    require_keys(path, metadata["preprocessing"], ("scale",), "preprocessing.")
    require_keys(path, metadata["weights"], ("blake2b", "precision"), "weights.")
    extent, scale = metadata["extent"], metadata["preprocessing"]["scale"]
    if type(extent) not in (int, float) or not 0 <= extent < math.inf:  # 0: animals of one keypoint
        raise BundleError(f"{path}: extent is {extent!r}, expected a number of px; copy the model again")
    if type(scale) not in (int, float) or not 0 < scale < math.inf:
        raise BundleError(f"{path}: preprocessing.scale is {scale!r}, expected a number above 0; copy the model again")
    for name in ("skeleton", "symmetry"):
        pairs = metadata[name] if isinstance(metadata[name], list) else [None]
        if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
            raise BundleError(f"{path}: {name} is no list of pairs of keypoints; copy the model again")
    try:
        Layout.from_metadata(metadata)
    except (TypeError, ValueError) as error:
        raise BundleError(
            f"{path}: 'animals' does not fit 'keypoints' ({error}); copy the model again, or train it again"
        ) from None
    _check_reach(path, metadata)
    return metadata


def own_keypoints(metadata: dict) -> list[str]:
    """Return the keypoints of a model that its experiment has; further ones, its helpers, only put animals together."""
    helpers = metadata.get("helpers", ())
    return [name for name in metadata["keypoints"] if name not in helpers]


def at_scale(metadata: dict, scale: float) -> dict:
    """Return the metadata of a model as they would be, had it been trained on videos that it sees at `scale`.

    What the network sees is the same, so animals of these videos have another extent.
    """
    trained = metadata["preprocessing"]["scale"]
    preprocessing = {**metadata["preprocessing"], "scale": scale}
    sizes = {"extent": metadata["extent"] * trained / scale, "reach": _times(metadata.get("reach"), trained / scale)}
    return {**metadata, **sizes, "preprocessing": preprocessing}


def peak_sigma(metadata: dict) -> float:
    """Compute the standard deviation of the peaks that a network was trained to show, px of the videos."""
    return metadata["architecture"]["sigma"] / metadata["preprocessing"]["scale"]


def _times(reach: list | None, factor: float) -> list | None:
    return reach and [[each and each * factor for each in row] for row in reach]


def _check_reach(path: str | Path, metadata: dict) -> None:
    reach, count = metadata.get("reach"), len(metadata["keypoints"])
    if reach is None:
        return
    rows = reach if isinstance(reach, list) and len(reach) == count else [None]
    for row in rows:
        known = row if isinstance(row, list) and len(row) == count else ["nothing"]
        if not all(each is None or (isinstance(each, int | float) and 0 <= each < math.inf) for each in known):
            raise BundleError(f"{path}: reach is no table of {count} x {count} px; copy the model again")


def require_keys(path: str | Path, metadata: dict, keys: Iterable[str] = METADATA_KEYS, prefix: str = "") -> None:
    """Refuse `metadata` that lack one of the `keys`.

    Args:
        path: the file, for the message.
        metadata: a bundle's metadata or a block of them.
        keys: what must be there.
        prefix: what the message puts before a key, such as the name of the block and a dot.

    Raises:
        BundleError: a key is missing.
    """
    missing = [prefix + key for key in keys if not isinstance(metadata, dict) or key not in metadata]
    if missing:
        raise BundleError(f"{path}: the model's metadata lack {', '.join(missing)}; train the model again")
