"""Small bundles to start from: random weights of the backbone `small`."""

from pathlib import Path

import jax

from marey.experiment.skeletons import Skeleton
from marey.models import bundles
from marey.networks.network import build_network
from marey.networks.outputs import SINGLE, Layout
from marey.training.initialise import initialise

MODEL = {"backbone": "small", "scale": 0.5, "stride": 8, "channels": 16, "sigma": 6.0}


def write_bundle(folder: Path, keypoints: list[str], layout: Layout = SINGLE, *, seed: int = 0, **options) -> dict:
    """Write `model.safetensors` and `model.json` to a folder; return the parameters."""
    folder.mkdir(parents=True, exist_ok=True)
    params = initialise(jax.random.key(seed), build_network(MODEL, len(keypoints), **layout.outputs))
    metadata = bundles.describe_model(MODEL, Skeleton(tuple(keypoints)), layout, extent=60.0, training={"code": "abc"})
    bundles.save_bundle(folder / "model.safetensors", folder / "model.json", params, metadata, **options)
    return params
