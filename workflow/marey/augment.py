"""Random changes to training examples: one affine map for picture and keypoints, then brightness, noise and the like.

Every example draws from its own key, so that a batch is the same on any number of devices. An operation that the config
sets to 0 leaves the picture exactly as it is.
"""

import math

import jax
import jax.numpy as jnp

from marey import geometry


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
) -> tuple[jax.Array, ...]:
    """Crops drawn from a batch of labelled pictures.

    `images` f32[B, H, W, 3] in 0..1, or u8 (a quarter of the memory), valid in their top left `sizes` f32[B, 2],
    (width, height) px; `points` f32[B, N, K, 2], (x, y) px, NaN = none; `crop` the side of the result, px; `config` the
    block `augment` of the experiment, plain numbers; `mirrored` the order of the keypoints in a mirror
    (`Skeleton.mirrored`). Outside the picture its edge is repeated: a plain colour would draw a border that no video
    has, and may look like an animal. Returns f32[B, crop, crop, 3] in 0..1 and the moved points; with `visibility`
    i8[B, N, K], whose codes change sides with their keypoints in a mirror image, also that. Without it, only flips of 0
    are right for labels that tell absent from unlabelled.
    """

    def example(index: jax.Array, image: jax.Array, points: jax.Array, size: jax.Array) -> tuple[jax.Array, ...]:
        affine_key, *keys = jax.random.split(jax.random.fold_in(key, index), 1 + len(PHOTOMETRIC))
        matrix = random_affine(affine_key, points, size, crop=crop, config=config)
        image = geometry.warp(image, matrix, shape=(crop, crop), size=size)
        image = image / 255 if images.dtype == jnp.uint8 else image
        for (name, operation), operation_key in zip(PHOTOMETRIC.items(), keys, strict=True):
            if config[name]:
                image = operation(operation_key, image, largest=config[name])
        return jnp.clip(image, 0, 1), geometry.transform_points(matrix, points), geometry.mirrors(matrix)

    pictures, points, flipped = jax.vmap(example)(jnp.arange(len(images)), images, points, sizes)
    order = jnp.where(flipped[:, None], jnp.array(mirrored), jnp.arange(points.shape[2]))[:, None]
    points = jnp.take_along_axis(points, order[..., None], axis=2)
    if visibility is None:
        return pictures, points
    return pictures, points, jnp.take_along_axis(visibility, order, axis=2)


def random_affine(key: jax.Array, points: jax.Array, size: jax.Array, *, crop: int, config: dict) -> jax.Array:
    """The map f32[2, 3] from a picture to a random crop of it: `size` f32[2], its (width, height), px.

    Turned by up to `rotation` degrees either way, magnified by a factor drawn log-uniformly from `scale`, mirrored with
    probability `flip`; centred as `random_centre` says for `points` f32[N, K, 2] and `focus`. The centre lies on a
    corner of pixels: unturned and at magnification 1, pixels are copied, not interpolated.
    """
    angle_key, scale_key, flip_key, centre_key = jax.random.split(key, 4)
    largest = math.radians(config["rotation"])
    low, high = (math.log(factor) for factor in config["scale"])
    scale = jnp.exp(jax.random.uniform(scale_key, minval=low, maxval=high))
    side = jnp.where(jax.random.bernoulli(flip_key, float(config["flip"])), -1, 1)
    centre = random_centre(centre_key, points, size, span=crop / scale, focus=config["focus"])
    return geometry.compose(
        geometry.translation(-jnp.round(centre)),
        geometry.rotation(jax.random.uniform(angle_key, minval=-largest, maxval=largest)),
        geometry.scaling(jnp.stack([side * scale, scale])),
        geometry.translation(jnp.full(2, crop / 2)),
    )


def random_centre(key: jax.Array, points: jax.Array, size: jax.Array, *, span: jax.Array, focus: float) -> jax.Array:
    """Centre f32[2] of a crop that covers `span` px of a picture of `size` f32[2], (width, height) px.

    With probability `focus`, near a point drawn from those of `points` f32[N, K, 2] that lie in the picture: up to a
    quarter of the span away in x and in y, so that the point is in the crop however it is turned, and, in a large
    enough picture, no nearer to its edge than that. Otherwise, and where there is no point, uniform over the places
    where crop and picture overlap the most.
    """
    choice_key, point_key, jitter_key, anywhere_key = jax.random.split(key, 4)
    ends = span / 2, size - span / 2
    anywhere = jax.random.uniform(anywhere_key, (2,), minval=jnp.minimum(*ends), maxval=jnp.maximum(*ends))
    points = points.reshape(-1, 2)
    inside = ((points >= 0) & (points <= size)).all(axis=-1)  # NaN is not
    point = points[jax.random.categorical(point_key, jnp.where(inside, 0.0, -jnp.inf))]
    near = point + jax.random.uniform(jitter_key, (2,), minval=-span / 4, maxval=span / 4)
    near = jnp.clip(near, jnp.minimum(span / 4, size / 2), jnp.maximum(size - span / 4, size / 2))
    return jnp.where(jax.random.bernoulli(choice_key, float(focus)) & inside.any(), near, anywhere)


def blur(image: jax.Array, sigma: jax.Array, *, radius: int) -> jax.Array:
    """Gaussian blur of f32[H, W, C], edges repeated; `sigma` f32[] px, the kernel cut off at `radius` px."""
    taps = jnp.arange(-radius, radius + 1)
    kernel = jnp.exp(-0.5 * (taps / jnp.maximum(sigma, 1e-6)) ** 2)
    kernel = kernel / kernel.sum()
    for axis in (0, 1):
        padded = jnp.pad(image, [(radius, radius) if axis == side else (0, 0) for side in range(3)], mode="edge")
        slices = (jax.lax.slice_in_dim(padded, tap, tap + image.shape[axis], axis=axis) for tap in range(len(taps)))
        image = sum(weight * part for weight, part in zip(kernel, slices, strict=True))
    return image


def brightness(image: jax.Array, change: jax.Array) -> jax.Array:
    """Adds `change` f32[], a part of the full range."""
    return image + change


def contrast(image: jax.Array, factor: jax.Array) -> jax.Array:
    """Stretches f32[H, W, C] about its mean by `factor` f32[]."""
    return factor * image + (1 - factor) * image.mean()


def gamma(image: jax.Array, exponent: jax.Array) -> jax.Array:
    """Values, held to 0..1, to the power of `exponent` f32[]."""
    return jnp.clip(image, 0, 1) ** exponent


def noise(image: jax.Array, normal: jax.Array, sigma: jax.Array) -> jax.Array:
    """Adds `sigma` f32[] times the standard normal numbers f32[H, W, 1], one for all channels: grey stays grey."""
    return image + sigma * normal


def cutout(image: jax.Array, centre: jax.Array, side: jax.Array) -> jax.Array:
    """Fills a square of `side` px about `centre` f32[2], (x, y) px, with the mean of f32[H, W, C].

    (DeVries & Taylor 2017.)
    """
    rows, columns = jnp.mgrid[: image.shape[0], : image.shape[1]]
    distance = jnp.abs(jnp.stack([columns, rows], axis=-1) + 0.5 - centre).max(axis=-1, keepdims=True)
    return jnp.where(distance < side / 2, image.mean(), image)


def random_blur(key: jax.Array, image: jax.Array, *, largest: float) -> jax.Array:
    """`blur` by up to `largest` px."""
    return blur(image, jax.random.uniform(key, maxval=largest), radius=math.ceil(3 * largest))


def random_brightness(key: jax.Array, image: jax.Array, *, largest: float) -> jax.Array:
    """`brightness` changed by up to `largest` either way."""
    return brightness(image, jax.random.uniform(key, minval=-largest, maxval=largest))


def random_contrast(key: jax.Array, image: jax.Array, *, largest: float) -> jax.Array:
    """`contrast` changed by up to `largest` of itself either way."""
    return contrast(image, 1 + jax.random.uniform(key, minval=-largest, maxval=largest))


def random_gamma(key: jax.Array, image: jax.Array, *, largest: float) -> jax.Array:
    """`gamma` of 2 to the power of up to `largest` either way."""
    return gamma(image, 2 ** jax.random.uniform(key, minval=-largest, maxval=largest))


def random_noise(key: jax.Array, image: jax.Array, *, largest: float) -> jax.Array:
    """`noise` of a standard deviation of up to `largest`."""
    normal_key, sigma_key = jax.random.split(key)
    normal = jax.random.normal(normal_key, (*image.shape[:2], 1))
    return noise(image, normal, jax.random.uniform(sigma_key, maxval=largest))


def random_cutout(key: jax.Array, image: jax.Array, *, largest: float) -> jax.Array:
    """`cutout` of a square of up to `largest` of the picture's width, anywhere, in half of the pictures."""
    centre_key, side_key, choice_key = jax.random.split(key, 3)
    height, width = image.shape[:2]
    centre = jax.random.uniform(centre_key, (2,), maxval=jnp.array([width, height], jnp.float32))
    side = jax.random.uniform(side_key, maxval=largest * width) * jax.random.bernoulli(choice_key)
    return cutout(image, centre, side)


# In the order in which a camera does it: optics, exposure, sensor; then what hides the animal.
PHOTOMETRIC = {
    "blur": random_blur,
    "brightness": random_brightness,
    "contrast": random_contrast,
    "gamma": random_gamma,
    "noise": random_noise,
    "cutout": random_cutout,
}
