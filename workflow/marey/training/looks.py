"""Looks: which examples are near-copies of one another.

Labels come in bursts, and imported predictions are dense: of 300 frames of two resting flies, 58 differ. Each of a
hundred near-copies would train as often as the only image of another pose.
"""

from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image

# px at the network's scale, where animals are some 200 px large and peaks have a standard deviation of 6 px: in a
# near-copy no keypoint has moved farther. Labels of one image by one person may differ by more; then both count.
NEAR_POINTS = 4.0
# Root-mean-square difference of two thumbnails, grey values 0..255, as `sample.min_distance`, which is for kits.
NEAR_IMAGES = 2.0
THUMBNAIL = 32, 32  # px, (width, height)


def near_copies(videos: Sequence[str], points: np.ndarray, thumbnail: Callable[[int], np.ndarray]) -> np.ndarray:
    """Find which examples have one look: of one video, the same labelled points at the same places, alike images.

    One after another is compared with the first example of each look that there is, and else begins a look of its own;
    so what changes slowly does not run into one look.

    Args:
        videos: n names.
        points: f32[n, N, K, 2], (x, y) px at the network's scale, of the whole image; NaN = no position.
        thumbnail: gives that of an example, f32[height, width] grey values; asked for only where points are alike.

    Returns:
        i64[n]: the number of the first example of each one's look.
    """
    names, flat = np.array(videos), points.reshape(len(points), -1, 2)
    there = np.isfinite(flat).all(axis=-1)
    flat = np.where(there[..., None], flat, 0)
    middle = flat.mean(axis=1)  # moves no farther than the farthest point: a quick first choice
    look = np.arange(len(flat))
    for name in dict.fromkeys(videos):
        firsts = np.empty(0, int)
        for row in np.flatnonzero(names == name):
            near = firsts[np.abs(middle[firsts] - middle[row]).max(axis=-1) <= NEAR_POINTS]
            near = near[(there[near] == there[row]).all(axis=-1)]
            near = near[np.linalg.norm(flat[near] - flat[row], axis=-1).max(axis=-1) <= NEAR_POINTS]
            same = (first for first in near if _alike(thumbnail(first), thumbnail(row)))
            look[row] = next(same, row)
            if look[row] == row:
                firsts = np.append(firsts, row)
    return look


def make_thumbnail(image: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Reduce an image u8[H, W, 3], valid in its top left `size` (width, height) px, to a THUMBNAIL: f32[h, w] grey."""
    width, height = size.astype(int)
    grey = Image.fromarray(image[:height, :width]).convert("L")
    return np.asarray(grey.resize(THUMBNAIL, Image.Resampling.BOX), np.float32)


def _alike(one: np.ndarray, other: np.ndarray) -> bool:
    return bool(np.sqrt(np.mean((one - other) ** 2)) < NEAR_IMAGES)
