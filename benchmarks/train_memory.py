"""Peak memory of a training on thousands of large labelled frames, which stream from the data set's Parquet file.

python benchmarks/train_memory.py --frames 5000 --side 1024 --steps 400
"""

import argparse
import io
import os
import platform
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

from marey.experiment import config as experiment
from marey.experiment import stages
from marey.tables import files
from marey.tables.dataset import DATASET
from marey.tables.splits import SPLITS
from marey.training import train_models

KEYPOINTS = ["a", "b", "c", "d"]
VALIDATION = 50  # frames
GROUP = 4  # rows written together, as by `pack_dataset`


def main() -> None:
    """Make the data set, train, and print what the process needed at most."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=5000)
    parser.add_argument("--side", type=int, default=1024, help="of the square frames, px")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--crop", type=int, default=256, help="train.crop, px")
    parser.add_argument("--backbone", help="model.backbone, if not the default")
    options = parser.parse_args()
    changes = {"steps": options.steps, "validate_every": options.steps, "crop": options.crop}
    raw = {"project": "made", "data": ".", "videos": ".", "keypoints": KEYPOINTS, "train": changes}
    raw["model"] = {"scale": 1} | ({"backbone": options.backbone} if options.backbone else {})  # frames as they are
    config = stages.stage_config(experiment.load_config(raw), "train_model")
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        paths = folder / "dataset.parquet", folder / "splits.parquet"
        make(*paths, options.frames, options.side)
        run = train_models.Run(0, 0, (folder / "model.safetensors", folder / "model.json"), folder / "history.parquet")
        began = time.perf_counter()
        train_models.train_models(*paths, [run], state=folder / "state", config=config, provenance={})
        seconds = time.perf_counter() - began
        size = paths[0].stat().st_size
    unit = 1 if sys.platform == "darwin" else 1024  # bytes: Linux counts in KiB
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores")
    print("| frames | on disk, GB | decoded, GB | steps | s | peak of the process, GB |\n|---|---|---|---|---|---|")
    decoded = options.frames * options.side**2 * 3
    print(
        f"| {options.frames} of {options.side} x {options.side} px | {size / 1e9:.1f} | {decoded / 1e9:.1f} "
        f"| {options.steps} | {seconds:.0f} | {peak / 1e9:.2f} |"
    )


def make(dataset_path: Path, splits_path: Path, count: int, side: int) -> None:
    """Tables of `count` different noisy frames, JPEG, with keypoints anywhere."""
    generator = np.random.default_rng(0)
    coarse = Image.fromarray(generator.integers(0, 255, (side // 16, side // 16, 3), dtype=np.uint8))
    smooth = np.asarray(coarse.resize((side, side), Image.Resampling.BICUBIC), np.int16)
    noise = generator.integers(-10, 11, (side, side, 1), dtype=np.int16)
    with files.writer(dataset_path, DATASET) as write:
        for start in range(0, count, GROUP):
            frames = range(start, min(start + GROUP, count))
            write(pd.DataFrame(_row(frame, smooth, noise, generator) for frame in frames))
    part = np.where(np.arange(count) < count - VALIDATION, "train", "validation")
    rows = {
        "fold": np.zeros(count, int),
        "video": ["made"] * count,
        "frame": np.arange(count),
        "group": ["made"] * count,
    }
    files.write(splits_path, rows | {"part": part}, SPLITS)


def _row(frame: int, smooth: np.ndarray, noise: np.ndarray, generator: np.random.Generator) -> dict:
    side = len(smooth)
    picture = np.clip(np.roll(smooth, frame, axis=0) + np.roll(noise, 7 * frame, axis=1), 0, 255).astype(np.uint8)
    encoded = io.BytesIO()
    Image.fromarray(picture).save(encoded, format="JPEG", quality=90)
    return {
        "video": "made",
        "frame": frame,
        "width": side,
        "height": side,
        "image": encoded.getvalue(),
        "individuals": ["animal"],
        "points": generator.uniform(0, side, 2 * len(KEYPOINTS)).astype(np.float32),
        "visibility": np.zeros(len(KEYPOINTS), np.int8),
    }


if __name__ == "__main__":
    main()
