"""The ONNX twin of a model, for engines other than JAX."""

from pathlib import Path

import jax
import jax.numpy as jnp
import jax2onnx
from jax.export import symbolic_shape

from marey import bundles
from marey.models import MULTIPLE, build
from marey.tables.files import replacing


def export_model(bundle: tuple[Path, Path], out: Path) -> None:
    """Write the network of a bundle (weights, facts) as ONNX, in the plain form of its layers.

    Input `images` u8[batch, height, width, 3], RGB, height and width any multiples of 32. Outputs as those of
    `PoseNetwork`: `heatmap` f32[batch, height / stride, width / stride, keypoint], logits, and `offset`
    f32[batch, height / stride, width / stride, keypoint, 2], px. The metadata key `weights` holds the hash of the
    bundle's weights.
    """
    _, params, facts = bundles.load(*bundle)
    network = build(facts["architecture"], len(facts["keypoints"]), plain=True)

    def forward(images):
        outputs = network.apply(params, images.astype(jnp.float32) / 255)
        return outputs["heatmap"], outputs["offset"]

    model = jax2onnx.to_onnx(
        forward,
        [jax.ShapeDtypeStruct(symbolic_shape(f"batch, {MULTIPLE}*rows, {MULTIPLE}*columns, 3"), jnp.uint8)],
        model_name="marey",
        input_names=["images"],
        output_names=["heatmap", "offset"],
    )
    model.metadata_props.add(key="weights", value=facts["weights"]["blake2b"])
    with replacing(out) as temporary:
        temporary.write_bytes(model.SerializeToString(deterministic=True))
