"""What computing in bfloat16 changes in the points that a network finds, and how many images a second it then sees.

    python benchmarks/precision.py --model results/openfield/models/0-0

Windows about the animal in frames of a video are analysed in float32 with exact products, in float32 with products as
the device takes them (of ten bits on recent GPUs), and in bfloat16 with heatmaps in float32. Differences are from the
first, px of the video, of keypoints that are surer than 0.5 there. The network alone is timed, images on the device.
"""

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY / "workflow"))

from marey.inference import engines, following
from marey.inference.detector import locate
from marey.inference.orientations import AS_IT_IS
from marey.models import bundles
from marey.networks.reach import reach_between
from marey.pictures.views import Picture
from marey.videos.reading import VideoError, decode_packets, open_video

DATA = Path(os.environ.get("MAREY_DATA", REPOSITORY.parent / "shared/data"))
VIDEO = DATA / "01_openfield_dlc_single/openfield-Pranav-2018-10-30/videos/m3v1mp4.mp4"
SURE = 0.5  # raw confidence of the keypoints that are compared
WAYS = [("float32", "highest"), ("float32", None), ("bfloat16", None)]  # and JAX's precision of products
REPEATS = 10


def windows(model: engines.ModelFiles, video: Path, count: int) -> np.ndarray:
    """Cut windows about the animal out of the first frames: u8[count, side, side, 3]."""
    detector, metadata = engines.start_detector(model, engine="jax", batch_size=1)
    scale, cut = metadata["preprocessing"]["scale"], []
    with open_video(video) as (container, stream):
        for _, frames, _ in decode_packets(container, stream):
            for frame in frames[: count - len(cut)]:
                picture = Picture(frame.to_ndarray(format="rgb24"), scale)
                side = min(following.window_side(metadata["extent"] * scale), *picture.size)
                animal = following.Animal(side, picture.size)
                animal.see(*(part[0] for part in detector([picture.whole()])), whole=True)
                lost = animal.corner is None
                cut.append(picture.whole()[:side, :side] if lost else animal.window(picture))
            if len(cut) == count:
                return np.stack(cut)
    raise VideoError(f"{video}: fewer than {count} frames")


def located(network, metadata: dict, dtype: str) -> Callable:
    """Compile what finds points and their confidence in images, the network computing in `dtype`."""
    place = {"orientations": AS_IT_IS, "stride": network.stride, "sigma": network.sigma}
    reach = np.float32(reach_between(metadata, metadata["preprocessing"]["scale"]))

    @jax.jit
    def run(params: dict, images: jax.Array) -> tuple[jax.Array, jax.Array]:
        params = jax.tree.map(lambda leaf: leaf.astype(dtype), params)
        outputs = network.apply(params, (images.astype(jnp.float32) / 255).astype(dtype))
        return locate((outputs["heatmap"].astype(jnp.float32),), reach=reach, **place)

    return run


def compare(model: engines.ModelFiles, video: Path, count: int) -> None:
    """Print a row for each way of computing, over `count` frames."""
    network, params, metadata = bundles.load_bundle(model.weights, model.metadata)
    images, expected = jax.device_put(windows(model, video, count)), None
    params = jax.device_put(params)
    print("| computed in | median px | 99 % px | largest px | confidence, largest | points | images | images/s |")
    print("|---|---|---|---|---|---|---|---|")
    for dtype, products in WAYS:
        run = located(network, metadata, dtype)
        with jax.default_matmul_precision(products):
            found = list(map(np.asarray, run(params, images)))
            began = time.perf_counter()
            jax.block_until_ready([run(params, images) for _ in range(REPEATS)])
            rate = REPEATS * count / (time.perf_counter() - began)
        expected = expected or found
        sure = expected[1] >= SURE
        away = np.linalg.norm(found[0] - expected[0], axis=-1)[sure] / metadata["preprocessing"]["scale"]
        px = [f"{np.quantile(away, part):.3f}" if len(away) else "-" for part in (0.5, 0.99, 1)]
        change = f"{np.abs(found[1] - expected[1]).max():.4f}"
        name = f"{dtype}, exact products" if products else dtype
        print(f"| {name} | {' | '.join(px)} | {change} | {sure.sum()} | {count} | {rate:.0f} |", flush=True)


def main() -> None:
    """Name the machine and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=REPOSITORY / "results/openfield/models/0-0")
    parser.add_argument("--video", type=Path, default=VIDEO)
    parser.add_argument("--frames", type=int, default=32)
    options = parser.parse_args()
    device = jax.devices()[0]
    print(f"machine: {device.device_kind} ({device.platform}), {platform.machine()}, {os.cpu_count()} cores")
    names = ("model.safetensors", "model.json", "model.onnx")
    model = engines.ModelFiles(*(options.model / name for name in names), None)
    compare(model, options.video, options.frames)


if __name__ == "__main__":
    main()
