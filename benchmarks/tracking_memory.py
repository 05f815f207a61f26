"""Memory and speed of tracking a long video, from the table `poses` to `tracks` and `review`.

    python benchmarks/tracking_memory.py --frames 10000000

Poses are made: stiff animals of 13 keypoints that wander about an arena, with a noise of 1 px; where two are closer
than 25 px, one of them is mostly unseen, and else one pose in a hundred is missed. Tracking runs in a process of its
own.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY / "workflow"))

from marey.networks.metadata import BUNDLE_FORMAT
from marey.networks.outputs import Layout
from marey.tables import appearances, files
from marey.tables.appearances import APPEARANCES
from marey.tables.frames import FRAMES
from marey.tables.poses import POSES
from marey.tables.review import REVIEW
from marey.tables.tracks import TRACKS
from marey.tracking.track_video import track_video

KEYPOINTS = [f"k{number}" for number in range(13)]
ARENA = np.array([640.0, 480.0])
CHUNK = 20_000  # frames made at once
RATE = 30.0


def main() -> None:
    """Make the tables, track, and print what that took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=1_000_000)
    parser.add_argument("--animals", type=int, default=2)
    parser.add_argument("--number", action="store_true", help="tell the tracker how many animals there are")
    parser.add_argument("--appearance", action="store_true", help="let appearance count: 16 numbers for each pose")
    parser.add_argument("--track", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    number = arguments.animals if arguments.number else None
    if arguments.track:
        _track(arguments.track, number, appearance=arguments.appearance)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder, arguments.frames, arguments.animals)
        own = [sys.executable, __file__, *sys.argv[1:], "--track", folder]
        done = json.loads(subprocess.run(own, stdout=subprocess.PIPE, text=True, check=True).stdout)
        rows = files.open_table(folder / "tracks.parquet", TRACKS).metadata.num_rows
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores")
    known, appearance = ("yes" if given else "no" for given in (number, arguments.appearance))
    print("| frames | animals | number known | appearance | rows of tracks | moments | s | frames/s | peak, GB |")
    print("|---|---|---|---|---|---|---|---|---|")
    print(
        f"| {arguments.frames} | {arguments.animals} | {known} | {appearance} | {rows} | {done['moments']} "
        f"| {done['seconds']:.0f} | {arguments.frames / done['seconds']:.0f} | {done['peak'] / 1e9:.2f} |"
    )


def _track(folder: Path, number: int | None, *, appearance: bool) -> None:
    names = ("poses", "frames", "tracks", "review", "tracked")
    paths = [*(folder / f"{name}.parquet" for name in names), folder / "model.json"]
    seen = folder / "appearances.parquet" if appearance else None
    config = {"animals": {"method": "bottom_up", "number": number}, "corrections": [], "seed": 0}
    began = time.perf_counter()
    track_video(*paths, seen, config=config, provenance={})
    seconds = time.perf_counter() - began
    unit = 1 if sys.platform == "darwin" else 1024  # bytes: Linux counts in KiB
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    moments = len(files.read(folder / "review.parquet", REVIEW))
    print(json.dumps({"seconds": seconds, "peak": peak, "moments": moments}))


def write_metadata(path: Path, layout: Layout, *, sigma: float = 6.0) -> None:
    """Write the `model.json` of a model of which nothing else is needed."""
    metadata = {
        "format": BUNDLE_FORMAT,
        "architecture": {"backbone": "small", "stride": 4, "channels": 16, "sigma": sigma},
        "keypoints": KEYPOINTS,
        "skeleton": [],
        "symmetry": [],
        "preprocessing": {"scale": 1.0},
        "extent": 40.0,
        "animals": layout.metadata(tuple(KEYPOINTS)),
        "training": {},
        "weights": {"blake2b": "", "precision": "float32"},
        "individual": "animal",
    }
    path.write_text(json.dumps(metadata))


def make(folder: Path, count: int, animals: int, *, seed: int = 0) -> None:
    """Write the tables `poses`, `appearances` and `frames` and a model's metadata, streamed."""
    chance = np.random.default_rng(seed)
    write_metadata(folder / "model.json", Layout(False, most=animals))
    with files.writer(folder / "frames.parquet", FRAMES) as write:
        for start in range(0, count, 1_000_000):
            number = np.arange(start, min(count, start + 1_000_000))
            no = np.zeros(len(number), bool)
            rows = {"video": ["v"] * len(number), "frame": number, "time": number / RATE, "pts": number}
            rows |= {"key_frame": no, "fault": no, "digest": np.zeros(len(number), np.uint32)}
            write({**rows, "thumbnail": pa.nulls(len(number), pa.binary()), "look": [b""] * len(number)})
    walked, angle = chance.uniform(0, 1000, (animals, 2)), chance.uniform(0, 6, animals)
    body = np.stack([np.linspace(-25, 25, len(KEYPOINTS)), np.tile([-6, 6], 7)[: len(KEYPOINTS)]], axis=1)
    with (
        files.writer(folder / "poses.parquet", POSES) as write,
        files.writer(folder / "appearances.parquet", APPEARANCES) as see,
    ):
        for start in range(0, count, CHUNK):
            number = np.arange(start, min(count, start + CHUNK))
            angles = angle + chance.normal(0, 0.05, (len(number), animals)).cumsum(axis=0)
            heading = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
            pace = np.repeat(chance.choice([0.2, 1, 3], (len(number) // 100 + 1, animals)), 100, axis=0)[: len(number)]
            path = walked + (pace[..., None] * heading).cumsum(axis=0)
            walked, angle = path[-1], angles[-1]
            room = ARENA - 60
            place = 30 + np.abs((path + room) % (2 * room) - room)  # walls reflect
            rows, appearance = _rows(chance, number, place, heading, body)
            write(rows)
            see(appearance)


def _rows(chance: np.random.Generator, number: np.ndarray, place: np.ndarray, heading: np.ndarray, body: np.ndarray):
    across = np.stack([-heading[..., 1], heading[..., 0]], axis=-1)
    points = place[:, :, None] + body[:, :1] * heading[:, :, None] + body[:, 1:] * across[:, :, None]
    points = (points + chance.normal(0, 1, points.shape)).astype(np.float32)
    points[chance.random(points.shape[:3]) < 0.05] = np.nan
    seen = chance.random(place.shape[:2]) > 0.01
    for later in range(1, place.shape[1]):
        near = (np.linalg.norm(place[:, [later]] - place[:, :later], axis=-1) < 25).any(axis=1)
        seen[:, later] &= ~(near & (chance.random(len(near)) < 0.9))
    order = np.argsort(chance.random(seen.shape), axis=1)
    seen, points = np.take_along_axis(seen, order, 1), np.take_along_axis(points, order[..., None, None], 1)
    points[np.isnan(points).all(axis=(2, 3)), 0] = 0  # as every assembled animal, each shows a keypoint
    at, slot = np.nonzero(seen)
    count, each = len(at) * len(KEYPOINTS), len(KEYPOINTS)
    x, y = points[at, slot].reshape(-1, 2).T
    instance = (np.cumsum(seen, axis=1) - 1)[at, slot].astype(np.int16)
    vectors = chance.normal(0, 1, (len(at), 16)) + order[at, slot][:, None]
    appearance = {"video": ["v"] * len(at), "frame": number[at], "instance": instance}
    appearance["appearance"] = appearances.column_from(vectors)
    table = pa.table(
        {
            "video": pa.array(["v"]).take(pa.array(np.zeros(count, np.int8))),
            "frame": np.repeat(number[at], each),
            "time": np.repeat(number[at] / RATE, each),
            "instance": np.repeat(instance, each),
            "keypoint": pa.array(KEYPOINTS).take(pa.array(np.tile(np.arange(each), len(at)))),
            "x": pa.array(x, from_pandas=True),
            "y": pa.array(y, from_pandas=True),
            "confidence": np.full(count, 0.9, np.float32),
            "sigma_px": np.full(count, 2, np.float32),
            "fault": np.zeros(count, bool),
        }
    )
    return table, appearance


if __name__ == "__main__":
    main()
