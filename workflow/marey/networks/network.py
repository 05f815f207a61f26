"""The pose network: a trunk, a feature pyramid and one small head for each kind of output."""

import math

import flax.linen as nn
import jax

from marey.networks.layers import Depthwise, Pointwise, upsample
from marey.networks.outputs import head_channels
from marey.networks.registry import load_backbone

SIDE_MULTIPLE = 32  # px: height and width of the network's input are multiples of this, the trunk's largest stride
# What an untrained network answers in every cell: so low that the many empty cells do not swamp training.
INITIAL_PROBABILITY = 0.01


class Head(nn.Module):
    """Compute one kind of output: f32[B,h,w,C] -> f32[B,h,w,outputs], close to `bias` at first.

    Two 1 x 1 convolutions. `spread`: standard deviation of the last layer's first weights.
    """

    outputs: int
    bias: float
    spread: float
    plain: bool

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        x = nn.relu(Pointwise(max(x.shape[-1] // 2, 16), self.plain, name="mix")(x))
        # Small weights keep the first loss that of the bias alone; still smaller ones tell keypoints apart late.
        initial = {"kernel_init": nn.initializers.normal(self.spread), "bias_init": nn.initializers.constant(self.bias)}
        return Pointwise(self.outputs, self.plain, **initial, name="out")(x)


class PoseNetwork(nn.Module):
    """Map images f32[B,H,W,3], RGB 0..1, to heatmaps and, with several animals, to what joins their keypoints.

    H and W are multiples of 32, h = H/stride, w = W/stride. A feature pyramid (Lin et al. 2017) with
    depthwise-separable smoothing at its last level only. The outputs, by name:

    - "heatmap": logits f32[B,h,w,keypoint];
    - with `edges`, "affinity": f32[B,h,w,edge,2], (x, y) directions of the lines between keypoints;
    - with `identities`, "identity": f32[B,h,w,identities+1], logits of each individual and of another;
    - with a `descriptor`, "descriptor": f32[B,h,w,descriptor], of looks.

    Attributes:
        backbone: name of the trunk.
        keypoints: number of keypoints.
        stride: px of the input per cell of the output, 4 or 8.
        channels: channels of the pyramid.
        sigma: px of the peaks that the heatmap is trained to show.
        edges: number of lines between keypoints.
        identities: number of individuals that are told apart.
        descriptor: number of features of looks.
        plain: form of the layers (see `layers`); changes no parameter and no output.
        frozen_stages: stages of the trunk that are not trained; changes no parameter and no output.
    """

    backbone: str
    keypoints: int
    stride: int
    channels: int
    sigma: float
    edges: int = 0
    identities: int = 0
    descriptor: int = 0
    plain: bool = False
    frozen_stages: int = 0

    def heads(self) -> dict[str, int]:
        """Return the channels of each output by its name."""
        counts = {"edges": self.edges, "identities": self.identities, "descriptor": self.descriptor}
        return head_channels(self.keypoints, **counts)

    @nn.compact
    def __call__(self, images: jax.Array) -> dict[str, jax.Array]:
        _check(self, images.shape)
        features = load_backbone(self.backbone)(self.plain, self.frozen_stages, name="trunk")(images)
        x = self._pyramid(features)
        biases = {"heatmap": math.log(INITIAL_PROBABILITY / (1 - INITIAL_PROBABILITY))}
        # Affinities are 0 nearly everywhere: with larger weights, the first steps silence the hidden layer for good.
        spreads = {"affinity": 0.001}
        outputs = {
            name: Pointwise(channels, self.plain, name=name)(x)  # see `training.descriptor`
            if name == "descriptor"
            else Head(channels, biases.get(name, 0.0), spreads.get(name, 0.05), self.plain, name=name)(x)
            for name, channels in self.heads().items()
        }
        if self.edges:
            outputs["affinity"] = outputs["affinity"].reshape(*x.shape[:3], self.edges, 2)
        return outputs

    def _pyramid(self, features: list[jax.Array]) -> jax.Array:
        """Sum the feature maps from stride 32 down to the output's: f32[B,h,w,channels]."""
        strides = [4, 8, 16, 32]
        x = None
        for stride, feature in reversed(list(zip(strides, features, strict=True))):
            if stride < self.stride:
                break
            lateral = Pointwise(self.channels, self.plain, name=f"lateral{stride}")(feature)
            x = lateral if x is None else lateral + upsample(x)
        x = Depthwise(5, plain=self.plain, name="smooth_depthwise")(x)
        return nn.relu(Pointwise(self.channels, self.plain, name="smooth_mix")(x))


def _check(network: PoseNetwork, shape: tuple[int, ...]) -> None:
    if network.stride not in (4, 8):
        raise ValueError(f"model.stride {network.stride}: the network's output has stride 4 or 8")
    if len(shape) != 4 or shape[3] != 3 or shape[1] % SIDE_MULTIPLE or shape[2] % SIDE_MULTIPLE:
        raise ValueError(
            f"images of shape {shape}: expected [batch, height, width, 3], sides multiples of {SIDE_MULTIPLE}"
        )


def build_network(
    config: dict,
    keypoints: int,
    *,
    edges: int = 0,
    identities: int = 0,
    descriptor: int = 0,
    plain: bool = False,
    frozen_stages: int = 0,
) -> PoseNetwork:
    """Build the network that a config's `model` block describes.

    Args:
        config: the block: `backbone`, `stride`, `channels`, `sigma`.
        keypoints: number of keypoints.
        edges: see `PoseNetwork`; this and the next two are what `Layout.outputs` counts.
        identities: see `PoseNetwork`.
        descriptor: see `PoseNetwork`.
        plain: see `PoseNetwork`.
        frozen_stages: see `PoseNetwork`.

    Returns:
        The network, without parameters.
    """
    return PoseNetwork(
        config["backbone"],
        keypoints,
        config["stride"],
        config["channels"],
        config["sigma"],
        edges,
        identities,
        descriptor,
        plain=plain,
        frozen_stages=frozen_stages,
    )


def count_parameters(params: dict) -> int:
    """Count the scalars in a tree of arrays."""
    return sum(leaf.size for leaf in jax.tree.leaves(params))
