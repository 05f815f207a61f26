"""Export: the ONNX copy, run by another engine, says what the network says, for pictures of any size."""

from collections import Counter

import jax
import numpy as np
import onnx
import onnxruntime
import pytest

from marey.experiment.skeletons import Skeleton
from marey.models import bundles, export_model
from marey.networks import outputs
from marey.networks.network import build_network
from marey.training.initialise import initialise

# Networks of several animals: one tells two individuals apart, one describes what it sees.
LAYOUTS = {
    "mobilenet_v3_small": outputs.Layout(False, ((0, 1), (1, 2)), (), 2, identities=("red", "blue")),
    "small": outputs.Layout(False, ((0, 1),), (), 2, descriptor=5),
}


# Between them these hold every kind of operation that a trunk is made of, but for the maximum (see `test_resnet`); to
# export each of the others takes long.
@pytest.fixture(scope="module", params=["efficientnet_lite0", "mobilenet_v3_small", "small"])
def onnx_copies(request, tmp_path_factory):
    """A new network, its parameters and an ONNX session of its ONNX copy."""
    folder = tmp_path_factory.mktemp("export")
    block = {"backbone": request.param, "stride": 4, "channels": 16, "sigma": 6.0, "scale": 1.0}
    layout = LAYOUTS.get(request.param, outputs.SINGLE)
    network = build_network(block, 3, **layout.outputs)
    params = initialise(jax.random.key(0), network)
    bundle = folder / "model.safetensors", folder / "model.json"
    bundles.save_bundle(
        *bundle, params, bundles.describe_model(block, Skeleton(("a", "b", "c")), layout, extent=60.0, training={})
    )
    export_model.export_model(bundle, folder / "model.onnx")
    session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    return network, params, session, bundle


@pytest.mark.parametrize("shape", [(1, 64, 96), (3, 96, 32)])
def test_the_copy_agrees_with_the_network(onnx_copies, shape):
    network, params, session, _ = onnx_copies
    images = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    apply = jax.jit(network.apply, compiler_options={"xla_backend_optimization_level": 0})
    expected = apply(params, images / np.float32(255))
    names = list(network.heads())
    assert [output.name for output in session.get_outputs()] == names
    for name, found in zip(names, session.run(names, {"images": images}), strict=True):
        np.testing.assert_allclose(found, expected[name], atol=1e-4, err_msg=name)


def test_several_animals_are_told_apart_or_described(onnx_copies):
    network, *_ = onnx_copies
    channels = {"mobilenet_v3_small": {"identity": 3}, "small": {"descriptor": 5}}.get(network.backbone, {})
    assert {name: count for name, count in network.heads().items() if name in ("identity", "descriptor")} == channels


def test_activations_are_within_convolutions(onnx_copies):
    """No relu6 is left in two pieces, which ONNX Runtime could not fuse."""
    network, *_, bundle = onnx_copies
    kinds = Counter(node.op_type for node in onnx.load(bundle[0].with_suffix(".onnx")).graph.node)
    assert kinds["Min"] == 0
    assert (kinds["Clip"] > 0) == (network.backbone != "small")


def test_the_copy_names_its_weights(onnx_copies):
    *_, session, bundle = onnx_copies
    metadata = bundles.load_bundle(*bundle)[2]
    assert session.get_modelmeta().custom_metadata_map["weights"] == metadata["weights"]["blake2b"]
