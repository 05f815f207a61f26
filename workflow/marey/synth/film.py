"""Film: video files of scenes, in whatever codec and container ffmpeg writes."""

import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pandas as pd

from marey.synth import truth
from marey.synth.render import Renderer
from marey.synth.scene import Scene
from marey.tables.files import replacing

# One thread and no time stamps or version strings: the same arguments give the same bytes.
_BITEXACT = ["-threads", "1", "-flags:v", "+bitexact", "-fflags", "+bitexact", "-map_metadata", "-1"]


def write_video(
    path: str | Path,
    frames: Iterable[np.ndarray],
    *,
    fps: float,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    gop: int = 60,
    options: Sequence[str] = (),
) -> None:
    """Encode images, one at a time, to a video file, which appears when it is complete.

    Through a pipe to the ffmpeg of imageio-ffmpeg, which takes any codec, container and output option of its manual.

    Args:
        path: the file; its suffix chooses the container.
        frames: u8[height, width, 3], RGB, each.
        fps: frames per second.
        codec: ffmpeg's name of the encoder.
        pixel_format: ffmpeg's name of the pixel format.
        gop: greatest distance of key frames.
        options: further output options of ffmpeg, like ("-crf", "18").

    Raises:
        OSError: ffmpeg failed; the message holds its own words.
        ValueError: there are no frames.
    """
    frames = iter(frames)
    first = next(frames, None)
    if first is None:
        raise ValueError(f"{path}: no frames to write; expected at least one")
    height, width, _ = first.shape
    source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", str(fps), "-i", "-"]
    target = ["-c:v", codec, "-pix_fmt", pixel_format, "-g", str(gop), *_BITEXACT, *options]
    with replacing(path) as temporary, tempfile.TemporaryFile() as log:
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-v", "error", *source, *target, str(temporary)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=log)
        try:
            process.stdin.write(first.tobytes())
            for frame in frames:
                process.stdin.write(frame.tobytes())
        except BrokenPipeError:
            pass  # ffmpeg gave up; it says below why
        finally:
            process.communicate()
        if process.returncode:
            log.seek(0)
            message = log.read().decode(errors="replace").strip()
            raise OSError(f"{path}: ffmpeg could not write {codec} {pixel_format} {width}x{height}: {message}")


def film(scene: Scene, path: str | Path, *, camera: str = "top", **encoding) -> pd.DataFrame:
    """Write the whole scene as `camera` sees it to `path`, and return its truth for every frame.

    Args:
        scene: what is filmed.
        path: the video file; its name without suffix is that of the video in the truth.
        camera: one of the scene's cameras.
        encoding: options of `write_video`.

    Returns:
        The labels of all frames, as from `truth.truth_labels`.
    """
    renderer = Renderer(scene, camera)
    write_video(path, renderer.frames(), fps=scene.fps, **encoding)
    return truth.truth_labels(renderer, range(scene.frames), video=Path(path).stem)
