"""Speed and memory of exports, from a made table `smoothed` to the file of each format.

    python benchmarks/exports.py --rows 10000000

Two animals of 10 keypoints, of which one position in ten is missing. Each format is written in a process of its own,
and the peak is that process's, imports included.
"""

import argparse
import json
import multiprocessing
import platform
import resource
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY / "workflow"))

from marey.experiment.config import schema
from marey.exports.export_poses import export_poses
from marey.exports.names import PACKAGES
from marey.tables import files
from marey.tables.frames import FRAMES
from marey.tables.probe import PROBE
from marey.tables.smoothed import SMOOTHED

FORMATS = schema("config")["properties"]["export"]["properties"]["formats"]["items"]["enum"]
INDIVIDUALS = ("animal1", "animal2")
KEYPOINTS = tuple(f"keypoint{number}" for number in range(10))
MISSING = 0.1
RATE = 30.0  # frames/s
CHUNK = 20_000  # frames made at once
NWB = {"species": "Mus musculus", "sex": "U", "age": "P90D", "subject": None, "description": None}
NWB |= {"session_start": "2026-01-01T00:00:00+00:00"}


def main() -> None:
    """Make the tables, export them in each format, and print what that took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=FORMATS)
    parser.add_argument("--write", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.write:
        _write(Path(arguments.write[0]), arguments.write[1])
        return
    with tempfile.TemporaryDirectory() as name:
        with multiprocessing.get_context("spawn").Pool(1) as apart:  # a process begins with the peak of its parent
            count = apart.apply(make, [Path(name), arguments.rows])
        print("| format | rows | s | rows/s | peak, MB | file, MB |\n|---|---|---|---|---|---|")
        for chosen in arguments.formats:
            if not all(map(find_spec, PACKAGES.get(chosen, ()))):
                print(f"{chosen}: its packages are not installed", file=sys.stderr)
                continue
            own = [sys.executable, __file__, "--write", name, chosen]
            done = json.loads(subprocess.run(own, stdout=subprocess.PIPE, text=True, check=True).stdout)
            print(
                f"| {chosen} | {count} | {done['seconds']:.1f} | {count / done['seconds']:.0f} "
                f"| {done['peak'] / 1e6:.0f} | {done['size'] / 1e6:.0f} |"
            )


def _write(folder: Path, name: str) -> None:
    """Export in this process, and print as JSON what that took."""
    out, start = folder / f"v.{name}", time.perf_counter()
    export_poses(
        folder / "smoothed" / "v.parquet",
        folder / "probe.parquet",
        folder / "frames.parquet",
        out,
        format_name=name,
        skeleton=(KEYPOINTS, ((0, 1),), ()),
        config={"nwb": NWB},
        provenance={},
    )
    seconds = time.perf_counter() - start
    unit = 1 if platform.system() == "Darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    print(json.dumps({"seconds": seconds, "peak": peak, "size": out.stat().st_size}))
    out.unlink()


def make(folder: Path, rows: int) -> int:
    """Write the tables of a video with about so many rows of poses; returns how many there are."""
    points = len(INDIVIDUALS) * len(KEYPOINTS)
    frames = max(rows // points, 1)
    random = np.random.default_rng(0)
    with files.writer(folder / "smoothed" / "v.parquet", SMOOTHED) as write:
        for first in range(0, frames, CHUNK):
            write(_poses(np.arange(first, min(first + CHUNK, frames)), random))
    flags = {"key_frame": [True] * frames, "fault": [False] * frames, "digest": [0] * frames}
    numbers = {"frame": range(frames), "time": np.arange(frames) / RATE, "pts": range(frames)}
    files.write(
        folder / "frames.parquet",
        {"video": ["v"] * frames, **numbers, **flags, "thumbnail": [None] * frames, "look": [b""] * frames},
        FRAMES,
    )
    row = dict.fromkeys(PROBE.names, 1) | {"width": 640, "height": 480, "frames": frames, "fps": RATE}
    row |= {name: "v" for name in PROBE.names if PROBE.field(name).type == "string"}
    row |= {name: False for name in PROBE.names if PROBE.field(name).type == "bool"}
    files.write(folder / "probe.parquet", {name: [value] for name, value in row.items()}, PROBE)
    return frames * points


def _poses(frames: np.ndarray, random: np.random.Generator) -> dict:
    points = len(INDIVIDUALS) * len(KEYPOINTS)
    count = len(frames) * points
    x, y = random.uniform(0, 480, (2, count)).astype(np.float32)
    missing = random.uniform(size=count) < MISSING
    x[missing] = y[missing] = np.nan
    return {
        "video": np.full(count, "v"),
        "frame": np.repeat(frames, points),
        "time": np.repeat(frames / RATE, points),
        "individual": np.tile(np.repeat(INDIVIDUALS, len(KEYPOINTS)), len(frames)),
        "keypoint": np.tile(KEYPOINTS, len(frames) * len(INDIVIDUALS)),
        "x": x,
        "y": y,
        "confidence": random.uniform(size=count).astype(np.float32),
        "sigma_px": np.ones(count, np.float32),
        "state": np.where(missing, "gap", "measured"),
        "raw_x": x,
        "raw_y": y,
    }


if __name__ == "__main__":
    main()
