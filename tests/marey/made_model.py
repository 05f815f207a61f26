"""The metadata of a model that nobody trained, as `bundles.save_bundle` would write it."""

import json
from pathlib import Path

from marey.networks.metadata import BUNDLE_FORMAT
from marey.networks.outputs import SINGLE, Layout


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
