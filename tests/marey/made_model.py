"""The files of a model that nobody trained, as `bundles.save_bundle` would write them."""

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from marey.networks.metadata import BUNDLE_FORMAT
from marey.networks.outputs import SINGLE, Layout, head_channels


def write_metadata(path: Path, keypoints: list[str], layout: Layout = SINGLE, *, sigma: float = 6.0, **changes) -> None:
    """Write a `model.json` that can be read; `changes` go into it as they are."""
    metadata = {
        "format": BUNDLE_FORMAT,
        "architecture": {"backbone": "small", "stride": 4, "channels": 16, "sigma": sigma},
        "keypoints": list(keypoints),
        "skeleton": [],
        "symmetry": [],
        "mirrored": False,
        "preprocessing": {"scale": 1.0},
        "extent": 40.0,
        "animals": layout.metadata(tuple(keypoints)),
        "training": {},
        "weights": {"blake2b": "", "precision": "float32"},
        "individual": "mouse",
    }
    path.write_text(json.dumps(metadata | changes, sort_keys=True))


def write_weights(folder: Path) -> None:
    """Write a `model.safetensors` beside a `model.json`: of the heads the last layer alone, all zero."""
    metadata = json.loads((folder / "model.json").read_text())
    heads = head_channels(len(metadata["keypoints"]), **Layout.from_metadata(metadata).outputs)
    names = {name: f"{name}/kernel" if name == "descriptor" else f"{name}/out/kernel" for name in heads}
    save_file(
        {names[name]: np.zeros((1, count), np.float32) for name, count in heads.items()}, folder / "model.safetensors"
    )
