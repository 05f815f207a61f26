"""First parameters of a pose network: random ones, and a pretrained trunk where there is one."""

import logging
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp

from marey.models.pretrained.pretrained import brings_weights, pretrained
from marey.networks.naming import has_weights
from marey.networks.network import MULTIPLE, PoseNetwork

_log = logging.getLogger(__name__)


def initialise(key: jax.Array, network: PoseNetwork, *, weights: Path | None = None) -> dict:
    """Make new parameters {"params": tree of f32 arrays}.

    The trunk's come from the file `weights`; without one they are ImageNet's where the backbone brings some, and
    random elsewhere.
    """
    variables = _random(network, key)
    if weights is None and not brings_weights(network.backbone):
        hint = "; `model.weights` can name a file" if has_weights(network.backbone) else ""
        _log.info("trunk %s: random weights, which need more labels and steps%s", network.backbone, hint)
        return variables
    trunk, report = pretrained(network.backbone, weights)
    _log.info(
        "trunk %s: %d tensors from %s; left out %s (the classifier) and %d counters",
        network.backbone,
        len(report["used"]),
        weights or "its package",
        ", ".join(report["head"]) or "nothing",
        len(report["counters"]),
    )
    return {"params": {**variables["params"], "trunk": jax.tree.map(jnp.asarray, trunk)}}


# Inside jit only the initialisers are computed: XLA drops the pass through the network. Optimising dozens of random
# number generators that run once would take 11 s of compilation instead of 3 s.
@partial(jax.jit, static_argnums=0, compiler_options={"xla_backend_optimization_level": 0})
def _random(network: PoseNetwork, key: jax.Array) -> dict:
    return network.init(key, jnp.zeros((1, MULTIPLE, MULTIPLE, 3)))
