"""Trunks of several families behind one interface, by the name that `model.backbone` gives them."""

from marey.backbones.efficientnet import EfficientNetLite0, EfficientNetLite1, EfficientNetLite2
from marey.backbones.mobilenet import MobileNetV3Small
from marey.backbones.resnet import ResNet18, ResNet50
from marey.backbones.small import Small
from marey.backbones.trunk import Trunk
from marey.backbones.unet import UNet

BACKBONES: dict[str, type[Trunk]] = {
    "efficientnet_lite0": EfficientNetLite0,
    "efficientnet_lite1": EfficientNetLite1,
    "efficientnet_lite2": EfficientNetLite2,
    "mobilenet_v3_small": MobileNetV3Small,
    "resnet18": ResNet18,
    "resnet50": ResNet50,
    "small": Small,
    "unet": UNet,
}
