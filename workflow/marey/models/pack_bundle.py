"""Bundles for the zoo: a trained model made small, with its card and a picture of its keypoints."""

import shutil
from pathlib import Path

from marey.models import bundles, cards
from marey.networks.metadata import BundleError
from marey.tables.places import BUNDLE_TABLES, MODEL_FILES
from marey.zoo import catalogue

MAX_BYTES = 8_000_000  # of a bundle: all that install Marey have it


def pack_bundle(model: str, folder: Path) -> int:
    """Write the bundle of a trained model to a folder of the zoo, its weights in float16; returns its size in bytes.

    What was learnt of its confidence and its graph goes with it, where it is there. The folder holds the card and the
    picture already; a person writes them.

    Args:
        model: folder of the trained model, as `model.init` takes it.
        folder: the bundle's folder, whose name it bears.

    Raises:
        BundleError: the model, the card or the picture is missing or broken, they do not fit each other, or the
            bundle would be too large.
    """
    found = catalogue.find(model)
    _, params, metadata = bundles.load_bundle(*found.files)
    weights, path = (folder / name for name in MODEL_FILES[:2])
    cards.check_card(folder, metadata["keypoints"])
    bundles.save_bundle(weights, path, params, metadata, precision="float16")
    for table in _learnt(found.folder):
        shutil.copyfile(table, folder / table.name)
    size = sum(file.stat().st_size for file in folder.iterdir())
    if size > MAX_BYTES:
        weights.unlink()
        path.unlink()
        raise BundleError(
            f"{folder}: the bundle has {size / 1e6:.1f} MB, more than {MAX_BYTES / 1e6:g} MB; train a smaller "
            "`model.backbone`, or fewer `model.channels`"
        )
    return size


def _learnt(model: Path) -> list[Path]:
    """List the tables of a model that are there: beside it in a bundle, of its fold in an experiment."""
    fold = model.parent / model.name.partition("-")[0]
    return [path for folder in (model, fold) for name in BUNDLE_TABLES if (path := folder / name).is_file()]
