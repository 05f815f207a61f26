"""Model bundles: `model.safetensors` (weights) and `model.json` (everything else); nothing in them can run code."""

import hashlib
import json
from collections.abc import Collection
from pathlib import Path

import jax
import numpy as np
import safetensors.numpy
from flax.traverse_util import flatten_dict, unflatten_dict

from marey.experiment.skeletons import Skeleton
from marey.networks import outputs
from marey.networks.metadata import BUNDLE_FORMAT, BundleError, read_metadata, require_keys
from marey.networks.network import SIDE_MULTIPLE, PoseNetwork, build_network, count_parameters
from marey.networks.reach import stored_reach
from marey.tables.files import replacing

PIXEL_CONVENTION = (
    "corner of the image at (0, 0), pixel centres at integers + 0.5; cell (row, column) centred at + 0.5 times stride"
)


def describe_model(
    model: dict,
    skeleton: Skeleton,
    layout: outputs.Layout = outputs.SINGLE,
    *,
    extent: float,
    reach: np.ndarray | None = None,
    training: dict,
    individuals: Collection[str] = (),
    mirrored: bool = False,
) -> dict:
    """Put together the metadata of a bundle.

    Args:
        model: a config's `model` block.
        skeleton: the animal's keypoints, edges and symmetry.
        layout: how several animals are told apart.
        extent: size of the animals, px of the videos (see `dataset.extent`).
        reach: f64[keypoint, keypoint], px that two of an animal lie apart at most (see `dataset.reach`); None: unknown.
        training: provenance of the weights.
        individuals: names of the labelled animals; a single one is called by it, of several none is.
        mirrored: mirror images trained, too.

    Returns:
        The metadata as builtins, ready for `save_bundle`.
    """
    names = skeleton.keypoints
    inputs = {"scale": model["scale"], "multiple": SIDE_MULTIPLE, "input": "RGB, 0 to 1", "pixels": PIXEL_CONVENTION}
    return {
        "architecture": {key: model[key] for key in ("backbone", "stride", "channels", "sigma")},
        "keypoints": list(names),
        "skeleton": [[names[a], names[b]] for a, b in skeleton.edges],
        "symmetry": [[names[a], names[b]] for a, b in skeleton.pairs],
        "preprocessing": inputs,
        "extent": extent,
        "reach": None if reach is None else stored_reach(reach),
        "mirrored": mirrored,
        "individual": next(iter(individuals)) if len(individuals) == 1 else "animal",
        "animals": layout.metadata(names),
        "training": training,
    }


def save_bundle(
    weights_path: str | Path, json_path: str | Path, params: dict, metadata: dict, *, precision: str = "float32"
) -> None:
    """Write the parameters and the metadata of a model; equal input gives equal bytes.

    The JSON, which holds the weights' hash, comes last: a bundle that was cut short is recognised.

    Args:
        weights_path: the file `model.safetensors`.
        json_path: the file `model.json`.
        params: {"params": tree of f32 arrays}.
        metadata: those of `describe_model`.
        precision: what the weights are stored in; float16 halves the file and rounds each by at most 1 in 2048 (those
            under 6e-5 by 3e-8).

    Raises:
        BundleError: the metadata lack a key, or a weight is too large for the precision.
    """
    require_keys(json_path, metadata)
    flat = {
        name: _stored(np.asarray(value), precision, f"{weights_path}: weights '{name}'")
        for name, value in flatten_dict(params["params"], sep="/").items()
    }
    content = safetensors.numpy.save(flat)
    weights = {"blake2b": _digest(content), "parameters": count_parameters(flat), "precision": precision}
    metadata = {**metadata, "format": BUNDLE_FORMAT, "weights": weights}
    text = json.dumps(metadata, indent=2, sort_keys=True, allow_nan=False) + "\n"
    with replacing(weights_path) as temporary:
        temporary.write_bytes(content)
    with replacing(json_path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def load_bundle(weights_path: str | Path, json_path: str | Path) -> tuple[PoseNetwork, dict, dict]:
    """Load a bundle: the network, its parameters {"params": tree of f32 arrays} and the metadata.

    Raises BundleError where a file is missing or broken, or the two are not of one bundle.
    """
    metadata = read_metadata(json_path)
    try:
        content = Path(weights_path).read_bytes()
    except FileNotFoundError:
        raise BundleError(f"{weights_path}: no such file; train the model again") from None
    found, expected = _digest(content), metadata["weights"]["blake2b"]
    if found != expected:
        raise BundleError(
            f"{weights_path}: blake2b is {found[:16]}..., {json_path} expects {expected[:16]}...: "
            "the two files are not of one bundle, or one was changed. Copy both again, or train again."
        )
    flat = safetensors.numpy.load(content)
    _check_precision(flat, metadata["weights"]["precision"], Path(weights_path))
    network = build_network(
        metadata["architecture"], len(metadata["keypoints"]), **outputs.Layout.from_metadata(metadata).outputs
    )
    _check_shapes(network, flat, Path(weights_path))
    flat = {name: value.astype(np.float32, copy=False) for name, value in flat.items()}
    return network, {"params": unflatten_dict(flat, sep="/")}, metadata


def _stored(value: np.ndarray, precision: str, where: str) -> np.ndarray:
    """Round weights to the precision that they are stored in."""
    with np.errstate(over="ignore"):  # what comes of it is checked
        rounded = np.ascontiguousarray(value, precision)
    if np.isfinite(value).all() and not np.isfinite(rounded).all():
        raise BundleError(f"{where}: up to {np.abs(value).max():g}, more than {precision} holds; store it in float32")
    return rounded


def _check_precision(flat: dict[str, np.ndarray], precision: str, path: Path) -> None:
    for name, value in flat.items():
        if str(value.dtype) != precision:
            raise BundleError(
                f"{path}: weights '{name}' are {value.dtype}, the JSON says {precision}; copy both files again, or "
                "train the model again"
            )


def _check_shapes(network: PoseNetwork, flat: dict[str, np.ndarray], path: Path) -> None:
    image = jax.ShapeDtypeStruct((1, SIDE_MULTIPLE, SIDE_MULTIPLE, 3), np.float32)
    tree = jax.eval_shape(network.init, jax.random.key(0), image)["params"]
    expected = {name: leaf.shape for name, leaf in flatten_dict(tree, sep="/").items()}
    for name in sorted(expected.keys() | flat.keys()):
        found = flat[name].shape if name in flat else "missing"
        if found != expected.get(name, "unknown"):
            raise BundleError(
                f"{path}: weights '{name}': {found}, expected {expected.get(name, 'no such weights')}. "
                "They are of another architecture than the JSON says; train the model again."
            )


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=32).hexdigest()
