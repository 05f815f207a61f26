"""Fine-tuning: the first parameters of a network from those of a bundle, keypoint by keypoint and edge by edge.

What both networks have is copied: the trunk, the pyramid, the hidden layer of each head, and its outputs for the
keypoints and edges that the bundle knows. The rest starts as it would without a bundle.
"""

import logging
from collections.abc import Mapping, Sequence

import jax
import jax.numpy as jnp
import numpy as np

from marey.models import bundles
from marey.networks.outputs import Layout
from marey.zoo.catalogue import Bundle
from marey.zoo.names import match

HEADS = ("heatmap", "affinity", "identity", "descriptor")

_log = logging.getLogger(__name__)


def start_from_bundle(
    params: dict,
    bundle: Bundle,
    *,
    keypoints: Sequence[str],
    layout: Layout,
    by_hand: Mapping[str, str | None],
) -> dict:
    """Replace what a bundle knows in the first parameters of a network.

    Args:
        params: {"params": tree of f32 arrays}.
        bundle: the bundle, of the same backbone, stride and channels.
        keypoints: those of the network, in order.
        layout: what the network puts out.
        by_hand: `model.map`; what is no keypoint of the network (a locator has one of its own) does not count.

    Returns:
        The parameters.

    Raises:
        BundleError: the bundle is broken, or `by_hand` is faulty.
    """
    _, known, metadata = bundles.load_bundle(*bundle.files)
    known, names, theirs = known["params"], metadata["keypoints"], Layout.from_metadata(metadata)
    matched = match(keypoints, names, {name: by_hand[name] for name in keypoints if name in by_hand})
    source = [names.index(name) if name else None for name in map(matched.source.get, keypoints)]
    edges = _edges(layout, theirs, source)
    _log.info(
        "weights of %s: %d of %d keypoints and %d of %d edges; new here: %s; left out: %s",
        bundle.name,
        len(keypoints) - len(matched.unknown),
        len(keypoints),
        sum(edge is not None for edge, _ in edges),
        len(edges),
        ", ".join(matched.unknown) or "none",
        ", ".join(matched.dropped) or "none",
    )
    channels = {
        "heatmap": [(index, 1.0) for index in source],
        "affinity": [(None if edge is None else 2 * edge + axis, sign) for edge, sign in edges for axis in (0, 1)],
    }
    return {"params": _replaced(params["params"], known, channels)}


def _edges(ours: Layout, theirs: Layout, source: Sequence[int | None]) -> list[tuple[int | None, float]]:
    """Find each of our edges among theirs: its number, None = not there, and -1 where it points the other way."""
    number = {pair: (index, 1.0) for index, pair in enumerate(theirs.edges)}
    number |= {(b, a): (index, -1.0) for index, (a, b) in enumerate(theirs.edges)}
    return [number.get((source[a], source[b]), (None, 1.0)) for a, b in ours.edges]


def _replaced(fresh: dict, known: dict, channels: dict[str, list[tuple[int | None, float]]]) -> dict:
    """Copy what `known` has of the tree `fresh`; `channels` are the number and the sign of each output of a head."""
    result = {name: part if name in HEADS else jax.tree.map(jnp.asarray, known[name]) for name, part in fresh.items()}
    for name, outputs in channels.items():
        if name not in fresh or name not in known:
            continue
        out = {key: np.array(value) for key, value in fresh[name]["out"].items()}
        for key, value in out.items():
            for column, (index, sign) in enumerate(outputs):
                if index is not None:
                    value[..., column] = sign * known[name]["out"][key][..., index]
        result[name] = jax.tree.map(jnp.asarray, {**known[name], "out": out})
    return result
