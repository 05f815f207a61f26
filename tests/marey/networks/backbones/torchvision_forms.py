"""ResNet and MobileNetV3-Small as torchvision runs them, in plain numpy: an independent reference for imports.

Channels first, batch norms on their own, PyTorch's padding. Running a network on a picture makes its tensors, under
torchvision's names: `network.tensors` is then a state dict for `network.features`.
"""

import itertools

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

MEAN, DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


def relu(x):
    return np.maximum(x, 0)


def relu6(x):
    return np.clip(x, 0, 6)


def windows(x, kernel, stride, fill=0.0):
    """[B,C,H,W] -> [B,C,h,w,kernel,kernel], with kernel // 2 pixels of `fill` around the picture."""
    pad = kernel // 2
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), constant_values=fill)
    return sliding_window_view(x, (kernel, kernel), axis=(2, 3))[:, :, ::stride, ::stride]


def max_pool(x):
    return windows(x, 3, 2, -np.inf).max((4, 5))


class Network:
    """A network in the making: `images` [B,H,W,3] 0..1 start it, layers follow, `features` are its maps [B,h,w,C]."""

    def __init__(self, images, *, epsilon, seed=0):
        self.random = np.random.default_rng(seed)
        self.epsilon = epsilon
        self.tensors = {}
        self.features = []
        self.x = ((images - MEAN) / DEVIATION).transpose(0, 3, 1, 2)

    def tap(self):
        self.features.append(self.x.transpose(0, 2, 3, 1))

    def tensor(self, name, values):
        self.tensors[name] = np.ascontiguousarray(values, np.float32)
        return self.tensors[name]

    def convolve(self, name, x, outputs, kernel=1, stride=1, groups=1, *, bias=False):
        shape = (outputs, x.shape[1] // groups, kernel, kernel)
        weight = self.tensor(f"{name}.weight", self.random.normal(size=shape) / np.sqrt(np.prod(shape[1:]) / 2))
        x = windows(x, kernel, stride)
        if groups == 1:
            y = np.tensordot(x, weight, ((1, 4, 5), (1, 2, 3))).transpose(0, 3, 1, 2)
        else:
            y = np.einsum("bchwij,cij->bchw", x, weight[:, 0])
        if bias:
            y = y + self.tensor(f"{name}.bias", self.random.normal(size=outputs))[:, None, None]
        return y

    def normalise(self, name, x):
        shape = x.shape[1]
        gain = self.tensor(f"{name}.weight", self.random.uniform(0.5, 1.2, shape))
        bias = self.tensor(f"{name}.bias", self.random.normal(scale=0.2, size=shape))
        mean = self.tensor(f"{name}.running_mean", self.random.normal(scale=0.2, size=shape))
        variance = self.tensor(f"{name}.running_var", self.random.uniform(0.5, 2, shape))
        self.tensors[f"{name}.num_batches_tracked"] = np.array(7)
        normal = (x - mean[:, None, None]) / np.sqrt(variance + self.epsilon)[:, None, None]
        return normal * gain[:, None, None] + bias[:, None, None]

    def layer(self, names, x, *shape, **options):
        """Convolution and batch norm."""
        return self.normalise(names[1], self.convolve(names[0], x, *shape, **options))


def resnet(images, *, blocks, bottleneck):
    """`blocks` of each of the four layers; basic blocks or bottlenecks (which stride in the 3 x 3 convolution)."""
    net = Network(images, epsilon=1e-5)
    x = max_pool(relu(net.layer(("conv1", "bn1"), net.x, 64, 7, 2)))
    for stage, count in enumerate(blocks):
        width = 64 * 2**stage
        for block in range(count):
            prefix = f"layer{stage + 1}.{block}"
            stride = 2 if stage and not block else 1
            shapes = [(width, 3, stride), (width, 3)]
            if bottleneck:
                shapes = [(width, 1), (width, 3, stride), (4 * width, 1)]
            y = x
            for number, shape in enumerate(shapes, 1):
                y = relu(y) if number > 1 else y
                y = net.layer((f"{prefix}.conv{number}", f"{prefix}.bn{number}"), y, *shape)
            if y.shape != x.shape:
                x = net.layer((f"{prefix}.downsample.0", f"{prefix}.downsample.1"), x, y.shape[1], 1, stride)
            x = relu(x + y)
        net.x = x
        net.tap()
    net.convolve("fc", x.mean((2, 3), keepdims=True), 10, bias=True)
    return net


# Kernel, channels inside and out, of the squeeze, hard-swish, stride: Table 2 of Howard et al. 2019. The squeeze has a
# quarter of the channels inside, to the nearest multiple of 8, as in torchvision.
MOBILENET_V3_SMALL = [
    (3, 16, 16, 8, False, 2),
    (3, 72, 24, 0, False, 2),
    (3, 88, 24, 0, False, 1),
    (5, 96, 40, 24, True, 2),
    (5, 240, 40, 64, True, 1),
    (5, 240, 40, 64, True, 1),
    (5, 120, 48, 32, True, 1),
    (5, 144, 48, 40, True, 1),
    (5, 288, 96, 72, True, 2),
    (5, 576, 96, 144, True, 1),
    (5, 576, 96, 144, True, 1),
]


def hard_swish(x):
    return x * relu6(x + 3) / 6


def mobilenet_v3_small(images):
    net = Network(images, epsilon=1e-3)
    x = hard_swish(net.layer(("features.0.0", "features.0.1"), net.x, 16, 3, 2))
    for number, (kernel, inside, outside, squeeze, swish, stride) in enumerate(MOBILENET_V3_SMALL, 1):
        activation = hard_swish if swish else relu
        parts = (f"features.{number}.block.{part}" for part in itertools.count())

        def layer(part, *arguments):
            return net.layer((f"{part}.0", f"{part}.1"), *arguments)

        y = x
        if inside != x.shape[1]:
            y = activation(layer(next(parts), y, inside))
        y = activation(layer(next(parts), y, inside, kernel, stride, inside))
        if squeeze:
            part = next(parts)
            z = relu(net.convolve(f"{part}.fc1", y.mean((2, 3), keepdims=True), squeeze, bias=True))
            y = y * relu6(net.convolve(f"{part}.fc2", z, inside, bias=True) + 3) / 6
        y = layer(next(parts), y, outside)
        x = x + y if x.shape == y.shape else y
        net.x = x
        if number in (1, 3, 8, 11):
            net.tap()
    x = hard_swish(net.layer(("features.12.0", "features.12.1"), x, 576))
    net.convolve("classifier.3", x.mean((2, 3), keepdims=True), 10, bias=True)
    return net
