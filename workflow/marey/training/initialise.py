"""First parameters of a pose network: random ones, and a pretrained trunk where there is one."""

import logging
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp

from marey.models.pretrained.pretrained import pretrained
from marey.networks.naming import has_package_weights, has_weights
from marey.networks.network import SIDE_MULTIPLE, PoseNetwork

_log = logging.getLogger(__name__)


def initialise(key: jax.Array, network: PoseNetwork, *, weights: Path | None = None) -> dict:
    """Make new parameters {"params": tree of f32 arrays}.

    The trunk's come from the file `weights`; without one they are ImageNet's where the backbone brings some, and
    random elsewhere.
    """
    if weights is None and not has_package_weights(network.backbone):
        hint = "; `model.weights` can name a file" if has_weights(network.backbone) else ""
        _log.info("trunk %s: random weights, which need more labels and steps%s", network.backbone, hint)
        return {"params": _random(network, key, True)}
    trunk, report = pretrained(network.backbone, weights)
    _log.info(
        "trunk %s: %d tensors from %s; left out %s (the classifier) and %d counters",
        network.backbone,
        len(report["used"]),
        weights or "its package",
        ", ".join(report["head"]) or "nothing",
        len(report["counters"]),
    )
    return {"params": {**_random(network, key, False), "trunk": jax.tree.map(jnp.asarray, trunk)}}


# Inside jit only the initialisers of what comes out are computed: XLA drops the pass through the network and the random
# trunk where a pretrained one takes its place (3 instead of 10 CPU s). They run once: optimising them costs more.
@partial(jax.jit, static_argnums=(0, 2), compiler_options={"xla_backend_optimization_level": 0})
def _random(network: PoseNetwork, key: jax.Array, trunk: bool) -> dict:
    params = network.init(key, jnp.zeros((1, SIDE_MULTIPLE, SIDE_MULTIPLE, 3)))["params"]
    return {name: part for name, part in params.items() if trunk or name != "trunk"}
