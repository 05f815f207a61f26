"""Test videos whose images say their own frame number, as ten black or white blocks."""

import random
import subprocess
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
import pandas as pd
import pytest

from marey.tables import files
from marey.tables.frames import FRAMES
from marey.tables.probe import PROBE
from marey.videos.probe_video import probe_video

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
ROWS, COLUMNS = 2, 5


def picture(number: int, width: int, height: int) -> np.ndarray:
    """u8[height, width]: bit i of `number` is block i, white if set."""
    rows, columns = np.arange(height) * ROWS // height, np.arange(width) * COLUMNS // width
    return (20 + 215 * ((number >> (rows[:, None] * COLUMNS + columns)) & 1)).astype(np.uint8)


def number(image: np.ndarray) -> int:
    """The number in u8[height, width, 3]."""
    height, width = image.shape[:2]
    rows, columns = (np.arange(ROWS) + 0.5) * height / ROWS, (np.arange(COLUMNS) + 0.5) * width / COLUMNS
    bits = image[rows.astype(int)][:, columns.astype(int)].mean(axis=-1).ravel() > 128
    return int((bits << np.arange(ROWS * COLUMNS)).sum())


def ffmpeg(*arguments: str, data: bytes = b"") -> bytes:
    done = subprocess.run([FFMPEG, "-v", "error", "-y", *arguments], input=data, capture_output=True)
    if done.returncode and b"Unknown encoder" in done.stderr:
        pytest.skip(f"this ffmpeg cannot encode it: {done.stderr.decode()[:80]}")
    assert not done.returncode, done.stderr.decode()
    return done.stdout


def make(path: Path, *options: str, frames: int = 90, size: tuple[int, int] = (80, 48)) -> Path:
    """Encode frames 0 .. frames - 1 at 30 frames/s; `options` go to the encoder and the muxer."""
    raw = np.stack([picture(index, *size) for index in range(frames)]).tobytes()
    source = ["-f", "rawvideo", "-pix_fmt", "gray", "-s", f"{size[0]}x{size[1]}", "-r", "30", "-i", "-"]
    ffmpeg(*source, *options, str(path), data=raw)
    return path


def damage(path: Path, packet: int, *, keep: int = 0) -> None:
    """Overwrite a packet of a video with noise, but for its first `keep` bytes."""
    with av.open(str(path)) as container:
        place = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size][packet]
    data = bytearray(path.read_bytes())
    data[place[0] + keep : sum(place)] = random.Random(1).randbytes(place[1] - keep)
    path.write_bytes(data)


def probe(path: Path, **config) -> tuple[pd.Series, pd.DataFrame]:
    """The row of the `probe` table and the `frames` table of a video."""
    probe_out, frames_out = path.parent / "out" / "probe.parquet", path.parent / "out" / "frames.parquet"
    config = {"thumbnail_width": 32, "thumbnail_interval": 0.5} | config
    probe_video(path, probe_out, frames_out, video="v", relative=path.name, config=config, provenance={"seed": 3})
    assert files.read_provenance(probe_out) == files.read_provenance(frames_out) == {"seed": 3}
    rows = files.read(probe_out, PROBE)
    assert len(rows) == 1
    return rows.iloc[0], files.read(frames_out, FRAMES)
