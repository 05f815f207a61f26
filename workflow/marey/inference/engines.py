"""Engines: what runs a trained network. JAX runs it anywhere; on a CPU, ONNX Runtime is faster (see benchmarks)."""

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
import onnxruntime

from marey.experiment.skeletons import Skeleton
from marey.inference import detector
from marey.inference.orientations import AS_IT_IS, ORIENTATIONS, Orientations
from marey.models import bundles
from marey.networks.network import PoseNetwork
from marey.networks.reach import reach_between

# Instructions that add up products of 8-bit numbers exactly; with older ones the sums overflow.
EXACT_INT8_FLAGS = {"avx512_vnni", "avx_vnni", "asimddp"}

# In as many pixels of images keypoints are located at once: 8 windows of 288 x 288 px take 0.3 ms each, one alone 0.8;
# of whole images each takes 1.9 ms, one alone 2.6, and where one is asked for, eight took 15.
LOCATED_PIXELS = 2**20


class EngineError(ValueError):
    """This machine cannot run the engine that was asked for; the message says why and what to use."""


class ModelFiles(NamedTuple):
    """The files of a model: its bundle (`weights`, `metadata`), the `onnx_copy`, and the `quantised` one of 8 bits.

    A model of another experiment has no quantised copy: there are no labelled frames to measure ranges of values by.
    """

    weights: Path
    metadata: Path
    onnx_copy: Path
    quantised: Path | None


def model_files(paths: Iterable[str], network: str) -> list[ModelFiles]:
    """Group those of `paths` that lie in `<network>/<fold>-<seed>/` by model; each model's files follow each other."""
    models: dict[Path, list[Path]] = {}
    for path in map(Path, paths):
        if path.parent.parent.name == network:
            models.setdefault(path.parent, []).append(path)
    return [ModelFiles(*files, *[None] * (len(ModelFiles._fields) - len(files))) for files in models.values()]


def choose_engine(name: str, *, quantised: bool = True) -> str:
    """Return the engine that `infer.engine` stands for on this machine, for models with a `quantised` copy or without.

    `auto` is JAX on an accelerator; on a CPU it is ONNX Runtime, with 8 bits where these are added up exactly. Raises
    EngineError where 8 bits are asked for and are not added up exactly, or there is no copy of 8 bits.
    """
    if name == "onnxruntime_int8" and not quantised:
        raise EngineError(
            "infer.engine: onnxruntime_int8 needs a copy of the model in 8 bits, which labelled frames are needed to "
            "make; use auto or onnxruntime"
        )
    if name == "onnxruntime_int8" and not _adds_exactly():
        raise EngineError(
            "infer.engine: onnxruntime_int8 needs a processor with VNNI instructions, or its results are wrong; "
            "use auto or onnxruntime"
        )
    if name != "auto":
        return name
    if jax.default_backend() != "cpu":
        return "jax"
    return "onnxruntime_int8" if quantised and _adds_exactly() else "onnxruntime"


def _adds_exactly(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    return cpuinfo.exists() and bool(EXACT_INT8_FLAGS & set(cpuinfo.read_text().split()))


def _processors() -> int:
    """Count the processors that this process may use; not every system knows of more than those of the machine."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# Rules that write models which no label of the experiment trained.
UNTRAINED = ("adopt_bundle", "adapt_bundle")


def start_detector(
    model: ModelFiles, *, engine: str, batch_size: int, flip: bool | str | None = False
) -> tuple[detector.Detector, dict]:
    """Load a model and run it on an engine.

    Args:
        model: its files.
        engine: as `choose_engine` gives it.
        batch_size: images per call of the network.
        flip: as `infer.flip`; None: see each image in a mirror, too, if the model was trained with mirror images;
            "auto": if it was, and no label of this experiment trained it.

    Returns:
        The detector, and the metadata of the model's bundle.

    Raises:
        BundleError: one of the files is broken, or they do not belong together.
    """
    network, params, metadata = bundles.load_bundle(model.weights, model.metadata)
    if flip is None or flip == "auto":
        elsewhere = metadata["training"].get("rule") in UNTRAINED
        flip = metadata["mirrored"] and (flip is None or elsewhere)
    options = {
        "batch_size": batch_size,
        "reach": reach_between(metadata, metadata["preprocessing"]["scale"]),
        "orientations": Orientations(ORIENTATIONS[flip], Skeleton.from_config(metadata).mirrored),
    }
    if engine == "jax":
        return detector.Detector(network, params, **options), metadata
    onnx_copy = model.quantised if engine == "onnxruntime_int8" else model.onnx_copy
    return OnnxRuntime(network, onnx_copy, metadata["weights"]["blake2b"], **options), metadata


class OnnxRuntime(detector.Detector):
    """Runs the ONNX copy in ONNX Runtime; peaks are located as by JAX. `weights`: hash of those it was made of.

    Each image is a call of its own in one thread, as many at a time as there are processors: nothing waits inside a
    call, and what is found in an image does not depend, to the last bit, on the images beside it. With a `batch_size`
    of 1, a call takes all processors. Raises BundleError where the copy is broken or of other weights.
    """

    def __init__(
        self,
        network: PoseNetwork,
        onnx_copy: Path,
        weights: str,
        *,
        batch_size: int,
        reach: np.ndarray | None = None,
        orientations: Orientations = AS_IT_IS,
    ):
        super().__init__(network, {}, batch_size=batch_size, reach=reach, orientations=orientations)
        options = onnxruntime.SessionOptions()
        processors = _processors()
        options.intra_op_num_threads = processors if batch_size == 1 else 1
        try:
            self._session = onnxruntime.InferenceSession(onnx_copy, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its exceptions have no class of their own
            raise bundles.BundleError(
                f"{onnx_copy}: ONNX Runtime cannot load it ({error}). Delete it, run again."
            ) from None
        if self._session.get_modelmeta().custom_metadata_map.get("weights") != weights:
            raise bundles.BundleError(f"{onnx_copy}: not made from the weights of the bundle. Delete it and run again.")
        self._path = onnxruntime.RunOptions()  # without it, heads that nobody asks for are computed, too
        self._path.only_execute_path_to_fetches = True
        self._pool = ThreadPoolExecutor(processors)

    def images_per_call(self, shape: tuple[int, ...]) -> int:
        """Return `batch_size`, whatever the `shape`: each image is a call of its own."""
        return self.batch_size

    def _detect(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Find points as `Detector`, in few heatmaps at a time: these are filled up."""
        size, heatmaps = detector.images_within(LOCATED_PIXELS, images.shape[1:], self.batch_size), self.logits(images)
        found = []
        for start in range(0, len(images), size):
            part = slice(start, start + size)
            found.append(self._locate(tuple(detector.padded(each[part], size) for each in heatmaps)))
        return tuple(np.concatenate(part) for part in zip(*found, strict=True))

    def outputs(self, images: np.ndarray, names: tuple[str, ...]) -> tuple[np.ndarray, ...]:
        """Compute the outputs `names`, as `Detector.outputs`."""
        each = zip(*self._pool.map(partial(self._run, names), images), strict=True)
        return tuple(detector.padded(np.concatenate(part), self.batch_size) for part in each)

    def _run(self, names: tuple[str, ...], image: np.ndarray) -> list[np.ndarray]:
        """Compute the outputs of one image u8[height, width, 3]."""
        return self._session.run(list(names), {"images": image[None]}, self._path)
