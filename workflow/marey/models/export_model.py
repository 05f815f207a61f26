"""The ONNX copy of a model, for engines other than JAX."""

from pathlib import Path

import jax
import jax.numpy as jnp
import jax2onnx
import numpy as np
import onnx
from jax.export import symbolic_shape

from marey.models import bundles
from marey.networks.network import SIDE_MULTIPLE, build_network
from marey.networks.outputs import Layout
from marey.tables.files import replacing


def export_model(bundle: tuple[Path, Path], out: Path) -> None:
    """Write the network of a bundle (weights, metadata) as ONNX, in the plain form of its layers.

    Input `images` u8[batch, height, width, 3], RGB, height and width any multiples of 32. Outputs as those of
    `PoseNetwork`: `heatmap` f32[batch, height / stride, width / stride, keypoint], logits; with several animals,
    `affinity` f32[batch, height / stride, width / stride, edge, 2], and `identity` or `descriptor`, of the like form.
    The metadata key `weights` holds the hash of the bundle's weights.
    """
    _, params, metadata = bundles.load_bundle(*bundle)
    network = build_network(
        metadata["architecture"], len(metadata["keypoints"]), **Layout.from_metadata(metadata).outputs, plain=True
    )
    names = list(network.heads())

    def forward(images):
        outputs = network.apply(params, images.astype(jnp.float32) / 255)
        return tuple(outputs[name] for name in names)

    model = jax2onnx.to_onnx(
        forward,
        [jax.ShapeDtypeStruct(symbolic_shape(f"batch, {SIDE_MULTIPLE}*rows, {SIDE_MULTIPLE}*columns, 3"), jnp.uint8)],
        model_name="marey",
        input_names=["images"],
        output_names=names,
    )
    _clip(model.graph)
    model.metadata_props.add(key="weights", value=metadata["weights"]["blake2b"])
    with replacing(out) as temporary:
        temporary.write_bytes(model.SerializeToString(deterministic=True))


def _clip(graph: onnx.GraphProto) -> None:
    """Write every min(relu(x), 6) as one Clip, which ONNX Runtime computes within the convolution before it.

    A Min of its own makes it change the layout of all values around it: 11.3 ms of CPU time for 288 x 288 px, not 8.7.
    """
    constants = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    six = {name for name, value in constants.items() if value.size == 1 and value.item() == 6}
    relus = {node.output[0]: node for node in graph.node if node.op_type == "Relu"}
    limits = [onnx.numpy_helper.from_array(np.float32(value), f"clip_{value}") for value in (0, 6)]
    graph.initializer.extend(limits)
    for node in list(graph.node):
        if node.op_type == "Min" and node.input[0] in relus and node.input[1] in six:
            relu = relus[node.input[0]]
            node.op_type = "Clip"
            node.input[:] = [relu.input[0], *(limit.name for limit in limits)]
            graph.node.remove(relu)
    used = {name for node in graph.node for name in node.input}
    for tensor in list(graph.initializer):
        if tensor.name not in used:
            graph.initializer.remove(tensor)
