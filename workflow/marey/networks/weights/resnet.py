"""Names of the tensors of ResNet, in torchvision's and timm's files."""

from marey.networks.naming import LayerPath, Naming, TensorNames


def resnet(layers: set[LayerPath]) -> TensorNames:
    """Name layers as torchvision and timm do: `layer1.0.conv1`; `stage1` here is their `layer1`, `stage0` the stem."""
    names: TensorNames = {("stage0", "stem"): ("conv1", "bn1")}
    for stage, block, part in sorted(layers - set(names)):
        prefix = f"layer{stage.removeprefix('stage')}.{block.removeprefix('block')}"
        inner = ("downsample.0", "downsample.1") if part == "shortcut" else (part, part.replace("conv", "bn"))
        names[stage, block, part] = tuple(f"{prefix}.{name}" for name in inner)
    return names


NAMINGS = dict.fromkeys(("resnet18", "resnet50"), Naming(resnet, ("fc.",), 1e-5, "torchvision or timm"))
