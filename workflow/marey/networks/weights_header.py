"""The header of a weights file: which arrays it holds, and whether it is whole, without its weights being read.

A file of weights (safetensors) begins with 8 bytes, the length of a JSON text behind them that gives type, shape and
place of each array. Asked while the Snakefile is parsed: standard library only. What is inside the arrays is told by
their digest, when a job loads them.
"""

import json
import math
from collections.abc import Mapping
from pathlib import Path

from marey.networks.metadata import BundleError
from marey.networks.outputs import Layout, head_channels

PRECISIONS = {"F16": "float16", "F32": "float32"}
MAX_HEADER = 10_000_000  # bytes: more is no header of any of our networks
AGAIN = "copy both files of the model again, or train it again"


def check_weights(path: Path, metadata: Mapping) -> None:
    """Check by its header that a file holds the weights that the `metadata` of its bundle tell of.

    Raises BundleError, which names the file, where it is cut short or broken, or its arrays are of another model.
    """
    arrays = read_header(path)
    precision = metadata["weights"]["precision"]
    for name, array in arrays.items():
        if PRECISIONS.get(array["dtype"]) != precision:
            raise BundleError(f"{path}: weights '{name}' are {array['dtype']}, model.json says {precision}; {AGAIN}")
    expected = head_channels(len(metadata["keypoints"]), **Layout.from_metadata(metadata).outputs)
    for head, channels in expected.items():
        name = f"{head}/kernel" if head == "descriptor" else f"{head}/out/kernel"
        found = arrays[name]["shape"][-1:] if name in arrays else "missing"
        if found != [channels]:
            there = found if isinstance(found, str) else f"{found[0] if found else 0} outputs"
            raise BundleError(f"{path}: weights '{name}': {there}, model.json tells of {channels}; {AGAIN}")
    count, said = sum(math.prod(array["shape"]) for array in arrays.values()), metadata["weights"].get("parameters")
    if said is not None and count != said:
        raise BundleError(f"{path}: {count} weights, model.json tells of {said}; {AGAIN}")


def read_header(path: Path) -> dict[str, dict]:
    """Read `dtype` and `shape` of each array of a file by its name; BundleError where the file is not whole."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(0)
        length = int.from_bytes(file.read(8), "little")
        text = file.read(length) if length <= MAX_HEADER else b""
    try:
        header = json.loads(text)
        header.pop("__metadata__", None)
        end = max(array["data_offsets"][1] for array in header.values())
        whole = all(
            isinstance(array["dtype"], str) and all(type(side) is int for side in array["shape"])
            for array in header.values()
        )
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        whole, end = False, 0
    if not whole or type(end) is not int:
        raise BundleError(f"{path}: not a file of weights, or cut short: it has no header of safetensors; {AGAIN}")
    if size != 8 + length + end:
        raise BundleError(
            f"{path}: {size} bytes, its header tells of {8 + length + end}: it was cut or changed; {AGAIN}"
        )
    return header
