"""Names of the tensors of MobileNetV3, in torchvision's files."""

from marey.networks.naming import LayerPath, Naming, TensorNames, number_blocks


def mobilenet_v3(layers: set[LayerPath]) -> TensorNames:
    """Name layers as torchvision does: `features.4.block.2.fc1`; parts of a block are numbered, not all have all."""
    numbers = number_blocks(layers)
    names: TensorNames = {("stage0", "stem"): ("features.0.0", "features.0.1")}
    for layer in sorted(layers - set(names)):
        block, part, *inner = layer[:2], *layer[2:]
        present = [part for part in ("expand", "depthwise", "squeeze", "project") if _has(layers, *block, part)]
        prefix = f"features.{1 + numbers[block]}.block.{present.index(part)}"
        names[layer] = (f"{prefix}.{inner[0]}", None) if inner else (f"{prefix}.0", f"{prefix}.1")
    return names


def _has(layers: set[LayerPath], *prefix: str) -> bool:
    return any(layer[: len(prefix)] == prefix for layer in layers)


NAMINGS = {"mobilenet_v3_small": Naming(mobilenet_v3, ("features.12.", "classifier."), 1e-3, "torchvision")}
