"""How large the networks see the animals: the scale of their input, and the squares that they are trained on.

Chosen by the size and the number of the labelled animals. The scale goes by their usual size, the median: of a mouse
that reaches, whose tongue is labelled in 15 of 55 frames, it is 221 px where 95 % are within 417 px. Squares go by the
latter, since they are to hold the animals. On the open-field mouse (28 validation frames), which is
126 px large, the mean error was 8.0 px at half its size (with far false peaks; median 2.6), 1.89 px at its size, 1.53
px at 1.5 times and 1.51 px at twice its size. Few labels want smaller animals, of which the network sees more at once:
with 4 and 9 of them the error was 2.84 and 2.50 px at the size of the mouse, but with 10 at 1.5 times its size 7.57 px,
from two false peaks far off (one fold and seed each). A square must show so much of an animal that it can be told what
is where on it: with squares of half the extent of the mirrored mouse, which is there twice, the mean error was 8.8
instead of 4.8 px.
"""

import math

from marey.labels.dataset import LabelledFrames
from marey.networks.network import SIDE_MULTIPLE

# px, with many labels: animals whose usual size is smaller or larger than this are scaled to it. (That of the mouse in
# the open field is 111 px, of which 126 px are 1.13 times as much: it is seen at 1.5 times its size.)
SMALLEST_ANIMAL, LARGEST_ANIMAL = 170, 250
FEW_ANIMALS, MANY_ANIMALS = 5, 40  # labelled, that train: at most and at least
PART_OF_FEW = 2 / 3  # of these sizes, with few; in between, it rises with the logarithm of the number
# Of animals that are smaller. Top-down, networks see squares alone, and whole images cost nothing but their decoding.
MAX_MAGNIFICATION, MAX_SQUARE_MAGNIFICATION = 2.0, 4.0
CROP_PER_EXTENT = 1.15  # side of the squares, as a multiple of that which just holds the animals
# px. To be found, animals need not be large: a locator sees them reduced to this extent, in squares of this side.
LOCATOR_EXTENT, LOCATOR_CROP = 64, 160


def resolve_scaling(config: dict, labelled: LabelledFrames, *, size: float, side: float, number: int) -> dict:
    """Return `config` with numbers in place of `auto` in `model.scale` and `train.crop`.

    Args:
        config: the experiment.
        labelled: all labelled frames, the largest of which no square exceeds.
        size: usual size of the animals in the training frames, px (`sizes.usual_size`).
        side: of the squares that hold these animals, px (`anchor.measure_side`).
        number: how many they are.
    """
    scale, crop = config["model"]["scale"], config["train"]["crop"]
    if scale == "auto":
        top_down = config["animals"]["method"] == "top_down"
        scale = scale_for_size(size, number, most=MAX_SQUARE_MAGNIFICATION if top_down else MAX_MAGNIFICATION)
    if crop == "auto":
        largest = max(max(shape) for shape in labelled.images.shapes)
        crop = training_crop(side * scale, largest * scale)
    return {**config, "model": {**config["model"], "scale": scale}, "train": {**config["train"], "crop": crop}}


def resolve_locator(config: dict, labelled: LabelledFrames, size: float) -> dict:
    """Return `config` with the scale and the squares of a locator, which are never set by hand.

    `size`: the extent of the animals in the training frames, px (`dataset.extent`).
    """
    scale = round(min(1.0, LOCATOR_EXTENT / size), 3) if size else 1.0
    largest = max(max(shape) for shape in labelled.images.shapes)
    crop = _square(LOCATOR_CROP, largest * scale)
    return {**config, "model": {**config["model"], "scale": scale}, "train": {**config["train"], "crop": crop}}


def scale_for_size(size: float, number: int, most: float = MAX_MAGNIFICATION) -> float:
    """Compute the scale for `number` labelled animals of usually `size` px, to two decimals; 1 for size 0: not known.

    `most`: the largest.
    """
    if not size:
        return 1.0
    part = part_of_size(number)
    smallest, largest = part * SMALLEST_ANIMAL, part * LARGEST_ANIMAL
    limit = largest / size if size > largest else most
    return round(min(max(1.0, smallest / size), limit), 2)


def part_of_size(number: int) -> float:
    """Compute how large animals are to be, as a part of what is best with many, where `number` of them train."""
    share = math.log(max(number, 1) / FEW_ANIMALS) / math.log(MANY_ANIMALS / FEW_ANIMALS)
    return PART_OF_FEW + (1 - PART_OF_FEW) * min(max(share, 0.0), 1.0)


def training_crop(side: float, picture: float) -> int:
    """Compute the side of the squares where those of `side` px just hold the animals, px of the network.

    It is a multiple of 32 px, no larger than the longer side of the images, `picture` px, and 256 px where `side` is
    not known.
    """
    return _square(CROP_PER_EXTENT * side if side else 256, picture)


def _square(wanted: float, picture: float) -> int:
    return max(SIDE_MULTIPLE, math.ceil(min(wanted, picture) / SIDE_MULTIPLE) * SIDE_MULTIPLE)
