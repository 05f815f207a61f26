"""Memory of the analysis of a long video: a short one repeated to a day, of which one shard in the middle is analysed.

    python benchmarks/inference_memory.py --hours 24 --frames 20000

Model and video are those of `inference_speed.py`. The file is made by copying packets, and its frames are counted
without decoding. (Probing takes a few bytes a frame, and a core for as long as decoding takes.)
"""

import argparse
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from inference_speed import REPOSITORY, VIDEO

from marey.inference import engines, infer_shard
from marey.tables import files
from marey.tables.frames import FRAMES, READING
from marey.videos import probe_video
from marey.videos.reading import open_video, read_frame


def main() -> None:
    """Make the video, analyse, and print what the process needed at most."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=REPOSITORY / "results/openfield/models/0-0")
    parser.add_argument("--video", type=Path, default=VIDEO)
    parser.add_argument("--hours", type=float, default=24)
    parser.add_argument("--frames", type=int, default=20_000)
    arguments = parser.parse_args()
    model = engines.ModelFiles(
        *(arguments.model / name for name in ("model.safetensors", "model.json", "model.onnx", "model.int8.onnx"))
    )
    with tempfile.TemporaryDirectory() as folder:
        video = Path(folder, "long.mp4")
        tables = Path(folder, "probe.parquet"), Path(folder, "frames.parquet")
        count = make(arguments.video, video, tables, arguments.hours)
        start = count // 2 // 32 * 32
        began = time.perf_counter()
        metadata = engines.start_detector(model, engine="jax", batch_size=1)[1]
        options = {"engine": "auto", "window": "auto", "batch_size": "auto", "flip": False}
        config = {"infer": options, "keypoints": metadata["keypoints"]}
        place = {"video": "long", "start": start, "stop": start + arguments.frames, "crop": None}
        infer_shard.infer_shard(
            video, *tables, [model], Path(folder, "out.parquet"), **place, config=config, provenance={}
        )
        seconds, size = time.perf_counter() - began, video.stat().st_size
    unit = 1 if sys.platform == "darwin" else 1024  # bytes: Linux counts in KiB
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores")
    print("| frames of the video | GB | frames analysed | frames/s | peak of the process, GB |\n|---|---|---|---|---|")
    print(f"| {count} | {size / 1e9:.1f} | {arguments.frames} | {arguments.frames / seconds:.0f} | {peak / 1e9:.2f} |")


def make(short: Path, video: Path, tables: tuple[Path, Path], hours: float) -> int:
    """Write the video and its tables; the number of its frames."""
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-stream_loop", "-1", "-i", short]
    subprocess.run([*ffmpeg, "-t", str(3600 * hours), "-map", "0:v", "-c", "copy", video], check=True)
    thumbnails = {"thumbnail_width": 16, "thumbnail_interval": 10}
    probe_video.probe_video(short, *tables, video="long", relative="", config=thumbnails, provenance={})
    few = files.read(tables[1], FRAMES, READING)
    with open_video(video) as (container, stream):
        packets = sorted((packet.pts, packet.is_keyframe) for packet in container.demux(stream) if packet.size)
        tick = float(stream.time_base)
    stamps, keys = (np.array(each) for each in zip(*packets, strict=True))
    number = np.arange(len(stamps))
    with files.writer(tables[1], FRAMES) as write:
        for part in np.array_split(number, len(number) // 100_000 + 1):
            rows = {"video": ["long"] * len(part), "frame": part, "time": (stamps[part] - stamps[0]) * tick}
            rows |= {"pts": stamps[part], "key_frame": keys[part], "fault": np.zeros(len(part), bool)}
            rows |= {"digest": few["digest"].to_numpy()[part % len(few)]}
            write(rows | {"thumbnail": [None] * len(part), "look": [b""] * len(part)})
    _check(short, few, video, files.read(tables[1], FRAMES, READING))
    return len(number)


def _check(short: Path, few, video: Path, many) -> None:
    """Stop where the long video does not show the short one's images."""
    for index in (0, len(many) // 2, len(many) - 100):
        expected = read_frame(short, index % len(few), frames=few)
        if not np.array_equal(read_frame(video, index, frames=many), expected):
            sys.exit(f"frame {index} of the long video is not frame {index % len(few)} of the short one")


if __name__ == "__main__":
    main()
