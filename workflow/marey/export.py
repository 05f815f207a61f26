"""The ONNX twin of a model, for engines other than JAX."""

from pathlib import Path

import jax2onnx

from marey import bundles
from marey.models import MULTIPLE, build
from marey.tables.files import replacing


def export_model(bundle: tuple[Path, Path], out: Path) -> None:
    """Write the network of a bundle (weights, facts) as ONNX, in the plain form of its layers.

    Input `images` f32[batch, height, width, 3], RGB 0..1, height and width any multiples of 32. Outputs as those of
    `PoseNetwork`: `heatmap` f32[batch, height / stride, width / stride, keypoint], logits, and `offset`
    f32[batch, height / stride, width / stride, keypoint, 2], px. The metadata key `weights` holds the hash of the
    bundle's weights.
    """
    _, params, facts = bundles.load(*bundle)
    network = build(facts["architecture"], len(facts["keypoints"]), plain=True)

    def forward(images):
        outputs = network.apply(params, images)
        return outputs["heatmap"], outputs["offset"]

    model = jax2onnx.to_onnx(
        forward,
        [("batch", f"{MULTIPLE}*rows", f"{MULTIPLE}*columns", 3)],
        model_name="marey",
        input_names=["images"],
        output_names=["heatmap", "offset"],
    )
    model.metadata_props.add(key="weights", value=facts["weights"]["blake2b"])
    with replacing(out) as temporary:
        temporary.write_bytes(model.SerializeToString(deterministic=True))
