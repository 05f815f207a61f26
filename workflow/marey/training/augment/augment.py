"""Random changes to training examples: one affine map for image and keypoints, then what cameras and codecs do.

Every example draws from its own key, made of the batch's key and its place in the batch, so that a batch is the same on
any number of devices. Each operation has a block in the config with its strength and the `probability` that it changes
an example; the others stay exactly as they are. One of probability 0 is not part of the compiled program.
"""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp

from marey.pictures import geometry
from marey.training.augment.affine import random_affine
from marey.training.augment.blurs import random_blur, random_motion_blur
from marey.training.augment.jpeg import random_jpeg
from marey.training.augment.sensor import random_cutout, random_noise
from marey.training.augment.tones import random_brightness, random_contrast, random_equalise, random_gamma, random_hue

# In the order in which it happens: optics, exposure, sensor, codec; then what hides the animal.
PHOTOMETRIC = {
    "blur": random_blur,
    "motion_blur": random_motion_blur,
    "brightness": random_brightness,
    "contrast": random_contrast,
    "gamma": random_gamma,
    "hue": random_hue,
    "equalise": random_equalise,
    "noise": random_noise,
    "jpeg": random_jpeg,
    "cutout": random_cutout,
}


def augment(
    key: jax.Array,
    images: jax.Array,
    points: jax.Array,
    sizes: jax.Array,
    *,
    crop: int,
    config: dict,
    mirrored: tuple[int, ...],
    visibility: jax.Array | None = None,
    centres: jax.Array | None = None,
) -> tuple[jax.Array, ...]:
    """Draw a random crop of each labelled image of a batch, and change its tones as cameras and codecs do.

    Outside the image its edge is repeated: a plain colour would draw a border that no video has, and may look like an
    animal. Without `visibility`, only flips of probability 0 are right for labels that tell absent from unlabelled.

    Args:
        key: PRNG key of the batch.
        images: f32[B, H, W, 3] in 0..1, or u8 (a quarter of the memory), valid in their top left `sizes`.
        points: f32[B, N, K, 2], (x, y) px, NaN = none.
        sizes: f32[B, 2], (width, height) px.
        crop: side of the crops, px.
        config: the block `augment` of the experiment, plain numbers.
        mirrored: order of the keypoints in a mirror image (`Skeleton.mirrored`).
        visibility: i8[B, N, K], codes, which change sides with their keypoints in a mirror image.
        centres: f32[B, 2], (x, y) px: where crops are centred, but for the translation; None: as `random_centre` says.

    Returns:
        The crops f32[B, crop, crop, 3] in 0..1, the moved points f32[B, N, K, 2], px of the crops, and, if it was
        given, `visibility` i8[B, N, K].
    """
    keys = jax.vmap(lambda index: jax.random.split(jax.random.fold_in(key, index), 1 + len(PHOTOMETRIC)))
    affine_keys, *photometric_keys = keys(jnp.arange(len(images))).swapaxes(0, 1)
    matrices = jax.vmap(partial(random_affine, crop=crop, config=config))(affine_keys, points, sizes, centres)
    pictures = jax.vmap(partial(geometry.warp, shape=(crop, crop)))(images, matrices, size=sizes)
    pictures = pictures / 255 if images.dtype == jnp.uint8 else pictures
    for (name, operation), operation_keys in zip(PHOTOMETRIC.items(), photometric_keys, strict=True):
        pictures = sometimes(operation_keys, pictures, operation, **config[name])
    pictures, points = jnp.clip(pictures, 0, 1), geometry.transform_points(matrices[:, None, None], points)
    flipped = geometry.mirrors(matrices)
    order = jnp.where(flipped[:, None], jnp.array(mirrored), jnp.arange(points.shape[2]))[:, None]
    points = jnp.take_along_axis(points, order[..., None], axis=2)
    if visibility is None:
        return pictures, points
    return pictures, points, jnp.take_along_axis(visibility, order, axis=2)


def sometimes(keys: jax.Array, images: jax.Array, operation: Callable, *, probability: float, **strength) -> jax.Array:
    """Change each image of a batch with a probability.

    On a CPU a branch skips what no example of the batch has drawn, and keeps XLA from fusing all operations into one
    loop, which takes twice as long. An accelerator would wait for the host at each branch: there, all is computed.

    Args:
        keys: key[B], PRNG keys of the images.
        images: f32[B, H, W, 3].
        operation: the change, (key, image, **strength) -> image.
        probability: a plain number.
        strength: options of the operation.

    Returns:
        f32[B, H, W, 3].
    """
    if not probability:
        return images
    operation_keys, choice_keys = jax.vmap(jax.random.split, out_axes=1)(keys)
    chosen = jax.vmap(lambda key: jax.random.bernoulli(key, float(probability)))(choice_keys)

    def change(images: jax.Array) -> jax.Array:
        changed = jax.vmap(partial(operation, **strength))(operation_keys, images)
        return jnp.where(chosen[:, None, None, None], changed, images)

    def branch(images: jax.Array) -> jax.Array:
        return jax.lax.cond(chosen.any(), change, lambda images: images, images)

    return jax.lax.platform_dependent(images, cpu=branch, default=change)
