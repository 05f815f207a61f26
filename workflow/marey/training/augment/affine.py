"""The affine map that makes a training example: where the crop lies, how it is turned, magnified, sheared, mirrored."""

import math

import jax
import jax.numpy as jnp

from marey.pictures import geometry


def random_affine(
    key: jax.Array, points: jax.Array, size: jax.Array, middle: jax.Array | None = None, *, crop: int, config: dict
) -> jax.Array:
    """Draw the map from an image to a random crop of it.

    Sheared along x and then turned by up to the `largest` angle of `shear` and `rotation` either way, degrees;
    magnified by a factor drawn log-uniformly from the `range` of `scale`; mirrored left to right by `flip_horizontal`
    and upside down by `flip_vertical`. Each happens with its `probability`. The centre lies on a corner of pixels:
    where nothing but it is drawn, pixels are copied, not interpolated.

    Args:
        key: PRNG key.
        points: f32[N, K, 2], (x, y) px of the image, NaN = none.
        size: f32[2], (width, height) of the image, px.
        middle: f32[2], (x, y) px: the centre of the crop, but for the `translation`; None: that of `random_centre`.
        crop: side of the crop, px.
        config: the block `augment` of the experiment.

    Returns:
        f32[2, 3], maps px of the image to px of the crop.
    """
    shear_key, angle_key, scale_key, x_key, y_key, centre_key = jax.random.split(key, 6)
    scale = jnp.exp(_amount(scale_key, *(math.log(factor) for factor in config["scale"]["range"]), config["scale"]))
    sides = _side(x_key, config["flip_horizontal"]), _side(y_key, config["flip_vertical"])
    span = crop / scale
    if middle is None:
        centre = random_centre(centre_key, points, size, span=span, config=config)
    else:
        centre = middle + _shift(centre_key, span, config["translation"])
    return geometry.compose(
        geometry.translation(-jnp.round(centre)),
        geometry.shear(jnp.stack([jnp.tan(_angle(shear_key, config["shear"])), 0])),
        geometry.rotation(_angle(angle_key, config["rotation"])),
        geometry.scaling(scale * jnp.stack(sides)),
        geometry.translation(jnp.full(2, crop / 2)),
    )


def random_centre(key: jax.Array, points: jax.Array, size: jax.Array, *, span: jax.Array, config: dict) -> jax.Array:
    """Draw the centre of a crop, near a keypoint or anywhere.

    With probability `crop.focus`, at a point drawn from those that lie in the image, so that crops are as dense as
    keypoints are; shifted, with the probability of `translation`, by up to its `largest` part of the span in x and in
    y. In a large enough image it is no nearer to the edge than a quarter of the span. Up to that quarter, the point is
    in the crop however it is turned, and sheared by up to 30 degrees. Otherwise, and where there is no point, uniform
    over the places where crop and image overlap the most.

    Args:
        key: PRNG key.
        points: f32[N, K, 2], (x, y) px of the image, NaN = none.
        size: f32[2], (width, height) of the image, px.
        span: f32[], px of the image that the crop covers along each side.
        config: the block `augment` of the experiment.

    Returns:
        f32[2], (x, y) px of the image.
    """
    choice_key, point_key, shift_key, anywhere_key = jax.random.split(key, 4)
    ends = span / 2, size - span / 2
    anywhere = jax.random.uniform(anywhere_key, (2,), minval=jnp.minimum(*ends), maxval=jnp.maximum(*ends))
    points = points.reshape(-1, 2)
    inside = ((points >= 0) & (points <= size)).all(axis=-1)  # NaN is not
    point = points[jax.random.categorical(point_key, jnp.where(inside, 0.0, -jnp.inf))]
    near = point + _shift(shift_key, span, config["translation"])
    near = jnp.clip(near, jnp.minimum(span / 4, size / 2), jnp.maximum(size - span / 4, size / 2))
    focused = jax.random.bernoulli(choice_key, float(config["crop"]["focus"]))
    return jnp.where(focused & inside.any(), near, anywhere)


def _shift(key: jax.Array, span: jax.Array, config: dict) -> jax.Array:
    """Draw a shift of up to the `largest` part of the span either way in x and in y, f32[2] px."""
    return span * _amount(key, -config["largest"], config["largest"], config, shape=(2,))


def _amount(key: jax.Array, low: float, high: float, config: dict, *, shape: tuple[int, ...] = ()) -> jax.Array:
    """Draw a number between `low` and `high`, uniformly, with the operation's probability, else 0."""
    if not config["probability"]:
        return jnp.zeros(shape)
    value_key, choice_key = jax.random.split(key)
    value = jax.random.uniform(value_key, shape, minval=low, maxval=high)
    return jnp.where(jax.random.bernoulli(choice_key, float(config["probability"])), value, 0.0)


def _angle(key: jax.Array, config: dict) -> jax.Array:
    """Draw an angle, radians, of up to `largest` degrees either way."""
    largest = math.radians(config["largest"])
    return _amount(key, -largest, largest, config)


def _side(key: jax.Array, config: dict) -> jax.Array:
    """Draw -1 with the operation's probability, else 1."""
    return jnp.where(jax.random.bernoulli(key, float(config["probability"])), -1.0, 1.0)
