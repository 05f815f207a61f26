"""Models as files: bundles of weights and metadata, their ONNX copies, and pretrained weights."""
