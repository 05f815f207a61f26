"""Damaged videos: which frames are shifted, which visible damage is marked, and whether every way to read agrees.

    python benchmarks/faults.py --damages 20

encodes a small made video by each of the codecs below into each of six containers that can hold it, damages each file
in many seeded ways (bytes zeroed, made noise, taken out, single bits flipped), and compares what Marey's reading gives
with one plain decode in one thread without a seek. Prints a table in Markdown and a sum:

- shifted: unmarked frames that do not show what that decode has at their number (reach: 0)
- visible: frames that show damage in that decode, or nothing new; marked: how many of these are marked as faults
  (reach: 95 %)
- sound, marked: frames without visible damage that are marked all the same
- runs, shards: frames that a second run, or reading in shards, gives otherwise by one byte or more (reach: 0)
"""

import argparse
import itertools
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

from marey.tables import files
from marey.tables.frames import FRAMES
from marey.tables.probe import PROBE, USABLE
from marey.videos.probe_video import probe_video
from marey.videos.reading import read_frames

WIDTH, HEIGHT, RATE = 160, 96, 30
BLOCK = 16  # px; damage is visible where the mean of a block of this side is off
VISIBLE = 12  # grey values of 255
SHARD = 9  # frames; short, so that many begin beside damage

CODECS = {
    "h264": ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "20", "-bf", "2"),
    "hevc": ("-c:v", "libx265", "-pix_fmt", "yuv420p", "-x265-params", "log-level=error:keyint=20"),
    "mpeg4": ("-c:v", "mpeg4", "-q:v", "3", "-g", "20"),
    "mpeg2": ("-c:v", "mpeg2video", "-q:v", "3", "-g", "20", "-bf", "2"),
    "mjpeg": ("-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "3"),
    "vp8": ("-c:v", "libvpx", "-g", "20", "-b:v", "1M"),
    "vp9": ("-c:v", "libvpx-vp9", "-g", "20", "-b:v", "1M", "-deadline", "realtime", "-cpu-used", "8"),
    "av1": ("-c:v", "libsvtav1", "-g", "20", "-preset", "10", "-crf", "20"),
    "ffv1": ("-c:v", "ffv1", "-level", "3", "-slicecrc", "1", "-g", "1"),
    "raw": ("-c:v", "rawvideo", "-pix_fmt", "yuv420p"),
    "ffv1-unchecked": ("-c:v", "ffv1", "-level", "1", "-g", "1"),
    "magicyuv": ("-c:v", "magicyuv", "-pix_fmt", "yuv420p"),
    "speedhq": ("-c:v", "speedhq", "-pix_fmt", "yuv420p", "-q:v", "3"),
}
CONTAINERS = ("mp4", "mkv", "avi", "ts", "mpg", "flv")
COLUMNS = ["files", "refused", "frames", "shifted", "visible", "marked", "sound, marked", "runs", "shards"]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--damages", type=int, default=20, help="damaged copies of each file")
    parser.add_argument("--frames", type=int, default=60, help="frames of the video")
    parser.add_argument("--codecs", nargs="+", default=list(CODECS), choices=CODECS)
    parser.add_argument("--containers", nargs="+", default=list(CONTAINERS), choices=CONTAINERS)
    parser.add_argument("--keep", type=Path, help="folder that faulty cases are copied to")
    options = parser.parse_args()
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        for codec in options.codecs:
            for container in options.containers:
                path = Path(folder, f"{codec}.{container}")
                if encode(path, codec, options.frames):
                    rows[f"{codec} {container}"] = measure(path, options.damages, options.keep)
                    print(path.name, dict(rows[f"{codec} {container}"]), file=sys.stderr, flush=True)
    table = pd.DataFrame.from_dict(rows, orient="index", columns=COLUMNS)
    table.loc["all"] = table.sum()
    print(f"| video | {' | '.join(COLUMNS)} |\n{'|---' * (len(COLUMNS) + 1)}|")
    for name, row in table.iterrows():
        print(f"| {name} | {' | '.join(str(int(value)) for value in row)} |")


def encode(path: Path, codec: str, frames: int) -> bool:
    """Write the made video; False where the container does not hold the codec."""
    source = ["-f", "rawvideo", "-pix_fmt", "gray", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(RATE), "-i", "-"]
    muxer = ("-movflags", "faststart") if path.suffix == ".mp4" else ()
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *source, *CODECS[codec], *muxer, str(path)]
    done = subprocess.run(command, input=scene(frames).tobytes(), capture_output=True)
    if done.returncode:
        return False
    with av.open(str(path)) as container:  # some hold what FFmpeg does not know again
        if not container.streams.video or container.streams.video[0].codec_context is None:
            return False
    return len(decode(path)) == frames


def scene(frames: int) -> np.ndarray:
    """Draw a smooth random texture that wanders, u8[frame, height, width]; no two frames are alike."""
    chance = np.random.default_rng(1)
    coarse = np.kron(chance.integers(30, 226, (40, 60)), np.ones((8, 8)))
    smooth = sum(np.roll(coarse, (i, j), (0, 1)) for i in range(4) for j in range(4)) / 16
    return np.stack([smooth[i : i + HEIGHT, 2 * i : 2 * i + WIDTH] for i in range(frames)]).astype(np.uint8)


def decode(path: Path) -> list[np.ndarray]:
    """Decode all frames in one thread without a seek: RGB, u8[height, width, 3]."""
    images = []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        stream.codec_context.thread_count = 1  # for AV1's decoder, which has threads of its own
        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets, None)
            except (av.FFmpegError, IndexError):
                packet = None
            if packet is not None and not packet.size:
                continue
            try:
                found = stream.codec_context.decode(packet)
            except av.FFmpegError:
                found = []
            images += [
                frame.to_ndarray(format="rgb24", width=WIDTH, height=HEIGHT, interpolation="BILINEAR")
                for frame in found
            ]
            if packet is None:
                return images


def damage(data: bytes, begin: int, chance: random.Random) -> bytes:
    """Damage a file anywhere from the byte `begin` on."""
    start = chance.randrange(begin, len(data))
    length = min(chance.choice([1, 64, 512, 4096]), len(data) // 8)
    kind = chance.choice(["zeros", "noise", "out", "bits"])
    if kind == "bits":
        changed = bytearray(data)
        for _ in range(chance.choice([1, 4, 16])):
            changed[chance.randrange(begin, len(data))] ^= 1 << chance.randrange(8)
        return bytes(changed)
    filling = {"zeros": bytes(length), "noise": chance.randbytes(length), "out": b""}[kind]
    return (data[:start] + filling + data[start + length :])[: len(data)]


def measure(path: Path, damages: int, keep: Path | None = None) -> dict[str, int]:
    """Count what becomes of the damaged copies of a video, by the names of COLUMNS; the header is left whole."""
    data, originals = path.read_bytes(), grey(np.stack(decode(path)))
    with av.open(str(path)) as container:
        begin = next(container.demux(video=0)).pos  # a damaged header is another matter: such files do not open
    total = dict.fromkeys(COLUMNS, 0)
    for number in range(damages):
        hurt = path.with_name(f"damaged-{number}{path.suffix}")
        hurt.write_bytes(damage(data, begin, random.Random(f"{path.name} {number}")))
        counts = compare(hurt, originals)
        for name, count in counts.items():
            total[name] += count
        bad = [name for name in ("shifted", "runs", "shards") if counts[name]]
        bad += ["unmarked"] if counts["visible"] > counts["marked"] else []
        if keep and bad:
            keep.mkdir(parents=True, exist_ok=True)
            (keep / f"{path.stem}-{number}-{'-'.join(bad)}{path.suffix}").write_bytes(hurt.read_bytes())
        hurt.unlink()
    return total


def compare(path: Path, originals: np.ndarray) -> dict[str, int]:
    """Count, for one damaged file, by the names of COLUMNS; `originals`: f32[frame, height, width], undamaged."""
    counts = dict.fromkeys(COLUMNS, 0) | {"files": 1}
    outs = path.with_suffix(".probe.parquet"), path.with_suffix(".frames.parquet")
    config = {"thumbnail_width": 16, "thumbnail_interval": 10}
    probe_video(path, *outs, video="v", relative=path.name, config=config, provenance={})
    row, frames = files.read(outs[0], PROBE).iloc[0], files.read(outs[1], FRAMES)
    if row["status"] not in USABLE or (row["width"], row["height"]) != (WIDTH, HEIGHT):
        return counts | {"refused": 1}
    plain, count, fault = decode(path), len(frames), frames["fault"].to_numpy()
    whole, again = (_read(path, 0, count, frames) for _ in range(2))
    pieces = [_read(path, start, min(start + SHARD, count), frames) for start in range(0, count, SHARD)]
    counts["frames"] = count
    counts["runs"] = sum(not _same(*pair) for pair in zip(whole, again, strict=True))
    counts["shards"] = sum(not _same(*pair) for pair in zip(whole, itertools.chain(*pieces), strict=True))
    shown = -1
    for index, image in enumerate(whole):
        decoded = plain[index] if fault[index] and index < len(plain) else image  # not the black that marks make of it
        nearest, off = _nearest(decoded, originals)
        visible = off > VISIBLE or nearest == shown
        shown = nearest
        counts["visible"] += visible
        counts["marked"] += visible and fault[index]
        counts["sound, marked"] += not visible and fault[index]
        moved = image is None or index >= len(plain) or np.abs(image.astype(int) - plain[index]).mean() > 2
        counts["shifted"] += moved and not fault[index]
    return {name: int(value) for name, value in counts.items()}


def _read(path: Path, start: int, stop: int, frames: pd.DataFrame) -> list[np.ndarray | None]:
    return [image for _, image in read_frames(path, start, stop, frames=frames)]


def _same(one: np.ndarray | None, other: np.ndarray | None) -> bool:
    return one is None and other is None if one is None or other is None else np.array_equal(one, other)


def _nearest(image: np.ndarray | None, originals: np.ndarray) -> tuple[int, float]:
    """Find the undamaged frame that is nearest to an image, and how far off the worst block is, grey values."""
    if image is None:
        return -1, np.inf
    apart = np.abs(originals - grey(image))
    blocks = apart.reshape(len(originals), HEIGHT // BLOCK, BLOCK, WIDTH // BLOCK, BLOCK).mean(axis=(2, 4))
    best = int(blocks.mean(axis=(1, 2)).argmin())
    return best, float(blocks[best].max())


def grey(images: np.ndarray) -> np.ndarray:
    """Average the colours: f32[..., height, width] of u8[..., height, width, 3]."""
    return images.mean(axis=-1, dtype=np.float32)


if __name__ == "__main__":
    main()
