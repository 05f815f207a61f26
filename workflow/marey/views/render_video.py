"""Labelled clip of a stretch of a video: keypoints, skeleton and trails drawn on it, for any browser."""

import logging
from collections.abc import Iterator
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pandas as pd
import pyarrow.compute as pc
from PIL import Image
from tqdm import tqdm

from marey.experiment.skeletons import Skeleton
from marey.tables import files
from marey.tables.files import replacing
from marey.tables.frames import FRAMES, READING
from marey.tables.smoothed import SMOOTHED
from marey.videos import reading
from marey.views import drawing
from marey.views.colors import individual_colors

MAX_CLIP_RATE = 60.0  # frames/s of a clip; of faster videos every n-th frame is shown
MAX_STEPS_ACROSS = 2.5  # frame intervals that a trail crosses
MAX_SHAPE = 16 / 9  # width of a clip for its height, up to which it is enlarged
X264_CRF = "21"  # x264's constant rate factor
FRAME_COLUMNS = ["time", *READING]

log = logging.getLogger(__name__)


def render_video(
    video_path: str | Path,
    frames_path: str | Path,
    smoothed_path: str | Path,
    out: str | Path,
    *,
    skeleton: Skeleton,
    config: dict,
) -> None:
    """Write a clip (MP4, H.264, yuv420p) of a video with the poses of table `smoothed` drawn on it.

    A single individual is drawn in the colours of its keypoints; several are each drawn in their own, with their names.
    A video that ends before `start` shows its end. A frame that cannot be decoded repeats the last image, darkened. The
    clip has the mean frame rate of its stretch.

    Args:
        video_path: the video file.
        frames_path: its table `frames`, for times and key frames.
        smoothed_path: its table `smoothed`.
        out: the clip that is written.
        skeleton: the keypoints and the lines between them.
        config: the block `render`; its `start` counts from the first frame that was analysed.

    Raises:
        VideoError: no frame of the stretch can be decoded.
    """
    table = files.read(frames_path, FRAMES, FRAME_COLUMNS)
    times = table["time"].to_numpy()
    first, end = analysed_range(smoothed_path)
    start, stop = (first + index for index in clip_range(times[first:end], config))
    time = times[start:stop]
    animals = individual_colors(read_individuals(smoothed_path))
    shown = {"start": start, "stop": stop, "cut": config["min_confidence"]}
    points, confidence = clip_poses(smoothed_path, skeleton, list(animals), **shown)
    colors = list(animals.values()) if len(animals) > 1 else None
    legend = list(animals.items()) if len(animals) > 1 else drawing.keypoint_legend(skeleton)
    rate, step = clip_rate(time)
    back = trail_starts(time, config["trail"])
    pictures = steady_images(reading.read_frames(video_path, start, stop, frames=table), start, step)
    with replacing(out) as temporary:
        writer = None
        for index, picture in tqdm(pictures, total=-(-(stop - start) // step), desc=f"render {Path(out).stem}"):
            i = index - start
            if writer is None:
                size, scale = clip_size(picture.shape, config["height"])
                writer = clip_writer(temporary, size, rate)
            resampling = Image.Resampling.BOX if size[1] <= picture.shape[0] else Image.Resampling.BICUBIC
            small = Image.fromarray(picture).resize(size, resampling, reducing_gap=2.0)
            past = slice(back[i], i + 1)
            drawn = drawing.draw_poses(small, points[past] * scale, confidence[past], skeleton=skeleton, colors=colors)
            if len(animals) > 1:
                drawing.draw_names(drawn, points[i] * scale, animals)
            drawing.draw_caption(
                drawn, [(f"frame {index}   {time[i]:.2f} s", "white"), *legend], chips=len(animals) > 1
            )
            writer.send(np.asarray(drawn))
        if writer is None:
            raise reading.VideoError(
                f"{video_path}: none of the frames {start} to {stop - 1} can be decoded; expected at least one. "
                "Set `render.start` to an undamaged stretch or leave the video out of the sheet."
            )
        writer.close()


def analysed_range(smoothed_path: str | Path) -> tuple[int, int | None]:
    """Read which frames [start, stop) a table `smoothed` spans, from its metadata; 0 and None where it holds none."""
    table = files.open_table(smoothed_path, SMOOTHED)
    place = table.schema_arrow.names.index("frame")
    groups = [table.metadata.row_group(index) for index in range(table.num_row_groups)]
    spans = [group.column(place).statistics for group in groups if group.num_rows]
    return (min(span.min for span in spans), 1 + max(span.max for span in spans)) if spans else (0, None)


def clip_range(time: np.ndarray, config: dict) -> tuple[int, int]:
    """Return the frames [start, stop) of the clip, of frames at `time` f64[frame], s; `config`: block `render`."""
    if not len(time):
        return 0, 0
    begin = time[0] + config["start"]
    if begin > time[-1]:
        log.warning("the video ends before render.start (%g s): showing its end", config["start"])
        return int(np.searchsorted(time, time[-1] - config["duration"], side="right")), len(time)
    start, stop = np.searchsorted(time, [begin, begin + config["duration"]])
    return int(start), int(max(stop, start + 1))


def clip_rate(time: np.ndarray) -> tuple[float, int]:
    """Return the frames/s of the clip of frames at `time` f64[frame], s, and the step between those that are shown."""
    lasted = time[-1] - time[0] if len(time) else 0.0
    rate = (len(time) - 1) / lasted if lasted > 0 else 25.0
    step = max(1, int(np.ceil(rate / MAX_CLIP_RATE - 0.1)))  # a little above the limit is still shown whole
    return rate / step, step


def clip_size(shape: tuple[int, ...], height: int) -> tuple[tuple[int, int], np.ndarray]:
    """Return the even (width, height) of a clip of images of `shape` (height, width, ...), and its scale f64[2].

    Small images are enlarged, so that what is drawn on them can be seen: to that height, but not to more than
    MAX_SHAPE times that width.
    """
    tall, wide = shape[:2]
    size = even_size(shape, min(height, max(tall, int(MAX_SHAPE * height * tall / wide))))
    return size, np.array([size[0] / wide, size[1] / tall])


def even_size(shape: tuple[int, ...], height: int) -> tuple[int, int]:
    """Return the even (width, height), as yuv420p asks, of images of a shape at about `height` px."""
    high = max(2, height // 2 * 2)
    return max(2, round(shape[1] * high / shape[0] / 2) * 2), high


def read_individuals(smoothed_path: str | Path) -> list[str]:
    """Read the names of all individuals of a table `smoothed`, in no order."""
    table = files.open_table(smoothed_path, SMOOTHED)
    groups = (table.read_row_group(index, columns=["individual"]) for index in range(table.num_row_groups))
    return list({name for group in groups for name in pc.unique(group["individual"]).to_pylist()})


def clip_poses(
    path: str | Path, skeleton: Skeleton, names: list[str], *, start: int, stop: int, cut: float
) -> tuple[np.ndarray, np.ndarray]:
    """Read the poses of the frames [start, stop) from a table `smoothed`.

    Args:
        path: the table.
        skeleton: its keypoints are read, in their order.
        names: the individuals, in the order of the result.
        start: first frame.
        stop: frame after the last one.
        cut: confidence below which a position is left out.

    Returns:
        Points f64[frame, individual, keypoint, 2], (x, y) px, and confidences f64[frame, individual, keypoint]; NaN
        where there is no position or it is left out.
    """
    chosen = [("frame", ">=", start), ("frame", "<", stop)]
    files.open_table(path, SMOOTHED)
    rows = pd.read_parquet(path, filters=chosen, columns=["frame", "individual", "keypoint", "x", "y", "confidence"])
    rows = rows[rows["keypoint"].isin(skeleton.keypoints) & (rows["confidence"] >= np.float32(cut))]
    places = [
        rows[name].map(order.index).astype(int)
        for name, order in (("individual", names), ("keypoint", skeleton.keypoints))
    ]
    cells = (rows["frame"] - start, *places)
    points = np.full((stop - start, len(names), len(skeleton.keypoints), 2), np.nan)
    confidence = np.full(points.shape[:-1], np.nan)
    points[cells] = rows[["x", "y"]]
    confidence[cells] = rows["confidence"]
    return points, confidence


def steady_images(
    read: Iterator[tuple[int, np.ndarray | None]], start: int, step: int
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield every `step`-th frame; an undecodable one as the last image, darkened, or not at all if there is none.

    `read` yields frame indices from `start` on with images u8[height, width, 3], or None for an undecodable one.
    """
    last = None
    for index, picture in read:
        last = picture if picture is not None else last
        if last is not None and (index - start) % step == 0:
            yield index, picture if picture is not None else last // 3


def trail_starts(time: np.ndarray, seconds: float) -> np.ndarray:
    """Find the first frame of each frame's trails, i64[frame]: `seconds` before it, and behind the last hole in time.

    `time` f64[frame] s. A hole is where more than a frame is missing: nobody knows the way across it.
    """
    steps = np.diff(time, prepend=time[:1])
    hole = steps > MAX_STEPS_ACROSS * np.median(steps[1:]) if len(time) > 1 else np.zeros(len(time), bool)
    behind = np.maximum.accumulate(np.where(hole, np.arange(len(time)), 0))
    return np.maximum(np.searchsorted(time, time - seconds), behind)


def clip_writer(path: Path, size: tuple[int, int], rate: float):
    """Return a generator that writes images u8[height, width, 3] sent to it, of `size` (width, height), to `path`.

    Through a pipe to the ffmpeg of imageio-ffmpeg: PyAV takes a tenth less CPU time (300 frames of 640 x 480: 1.1 s
    instead of 1.2 s) for files 6 % larger, which is not worth a second way beside that of `synth.film`.
    """
    options = ["-movflags", "+faststart", "-preset", "veryfast", "-crf", X264_CRF]
    writer = imageio_ffmpeg.write_frames(
        str(path),
        size,
        fps=rate,
        codec="libx264",
        pix_fmt_out="yuv420p",
        quality=None,
        macro_block_size=2,
        output_params=options,
    )
    writer.send(None)
    return writer
