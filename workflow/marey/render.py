"""Labelled clips: a stretch of a video with keypoints, skeleton and trails drawn on it, for any browser."""

import logging
from collections.abc import Iterator
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pandas as pd
from PIL import Image, ImageColor, ImageDraw, ImageFont
from tqdm import tqdm

from marey import videos
from marey.plots.style import keypoint_colors
from marey.skeletons import Skeleton
from marey.tables import files, smoothed
from marey.tables import frames as frames_table
from marey.tables.files import replacing

SUPERSAMPLE = 2  # drawn this much larger and scaled down: smooth edges
FASTEST = 60.0  # frames/s of a clip; of faster videos every n-th frame is shown
QUALITY = "21"  # x264's constant rate factor
FRAME_COLUMNS = ["frame", "time", "pts", "key_frame", "fault"]

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
    """Write a clip of `video_path` with the poses of table `smoothed` drawn on it to `out` (MP4, H.264, yuv420p).

    `config` is the block `render`; its `start` counts from the first frame that was analysed. Table `frames` gives
    times and key frames. A video that ends before `start` shows its end. A frame that cannot be decoded repeats the
    last picture, darkened. The clip has the mean frame rate of its stretch. Raises VideoError where no frame of the
    stretch can be decoded.
    """
    table = files.read(frames_path, frames_table.SCHEMA, FRAME_COLUMNS)
    times = table["time"].to_numpy()
    first, end = analysed(smoothed_path)
    start, stop = (first + index for index in clip_range(times[first:end], config))
    time = times[start:stop]
    points, confidence = clip_poses(smoothed_path, skeleton, start=start, stop=stop, cut=config["min_confidence"])
    rate, step = clip_rate(time)
    back = np.searchsorted(time, time - config["trail"])  # first frame of each frame's trails
    pictures = _pictures(videos.read_frames(video_path, start, stop, frames=table), start, step)
    with replacing(out) as temporary:
        writer = None
        for index, picture in tqdm(pictures, total=-(-(stop - start) // step), desc=f"render {Path(out).stem}"):
            i = index - start
            if writer is None:
                size, scale = clip_size(picture.shape, config["height"])
                writer = _writer(temporary, size, rate)
            small = Image.fromarray(picture).resize(size, Image.Resampling.BOX, reducing_gap=2.0)
            past = slice(back[i], i + 1)
            drawn = draw(small, points[past] * scale, confidence[past], skeleton=skeleton)
            _caption(drawn, f"frame {index}   {time[i]:.2f} s", skeleton)
            writer.send(np.asarray(drawn))
        if writer is None:
            raise videos.VideoError(
                f"{video_path}: none of the frames {start} to {stop - 1} can be decoded; expected at least one. "
                "Set `render.start` to an undamaged stretch or leave the video out of the sheet."
            )
        writer.close()


def analysed(smoothed_path: str | Path) -> tuple[int, int | None]:
    """The frames [start, stop) that a table `smoothed` spans, from its metadata; 0 and None where it holds none."""
    table = files.open_table(smoothed_path, smoothed.SCHEMA)
    place = table.schema_arrow.names.index("frame")
    groups = [table.metadata.row_group(index) for index in range(table.num_row_groups)]
    spans = [group.column(place).statistics for group in groups if group.num_rows]
    return (min(span.min for span in spans), 1 + max(span.max for span in spans)) if spans else (0, None)


def clip_range(time: np.ndarray, config: dict) -> tuple[int, int]:
    """The frames [start, stop) of the clip, of frames at `time` f64[frame], s."""
    if not len(time):
        return 0, 0
    begin = time[0] + config["start"]
    if begin > time[-1]:
        log.warning("the video ends before render.start (%g s): showing its end", config["start"])
        return int(np.searchsorted(time, time[-1] - config["duration"], side="right")), len(time)
    start, stop = np.searchsorted(time, [begin, begin + config["duration"]])
    return int(start), int(max(stop, start + 1))


def clip_rate(time: np.ndarray) -> tuple[float, int]:
    """Frames/s of the clip of frames at `time` f64[frame], s, and the step between those that are shown."""
    lasted = time[-1] - time[0] if len(time) else 0.0
    rate = (len(time) - 1) / lasted if lasted > 0 else 25.0
    step = max(1, int(np.ceil(rate / FASTEST - 0.1)))  # a little above the limit is still shown whole
    return rate / step, step


def clip_size(shape: tuple[int, ...], height: int) -> tuple[tuple[int, int], np.ndarray]:
    """Even (width, height) of the clip of pictures of `shape` (height, width, ...), and its scale f64[2] (x, y)."""
    tall, wide = shape[:2]
    high = max(2, min(height, tall) // 2 * 2)
    size = (max(2, round(wide * high / tall / 2) * 2), high)
    return size, np.array([size[0] / wide, high / tall])


def clip_poses(
    path: str | Path, skeleton: Skeleton, *, start: int, stop: int, cut: float
) -> tuple[np.ndarray, np.ndarray]:
    """Points f64[frame, individual, keypoint, 2] px and confidences f64[frame, individual, keypoint] of [start, stop).

    NaN where there is no position or the confidence is below `cut`.
    """
    chosen = [("frame", ">=", start), ("frame", "<", stop)]
    files.open_table(path, smoothed.SCHEMA)
    rows = pd.read_parquet(path, filters=chosen, columns=["frame", "individual", "keypoint", "x", "y", "confidence"])
    rows = rows[rows["keypoint"].isin(skeleton.keypoints) & (rows["confidence"] >= np.float32(cut))]
    animals, names = pd.factorize(rows["individual"], sort=True)
    cells = (rows["frame"] - start, animals, rows["keypoint"].map(skeleton.keypoints.index).astype(int))
    points = np.full((stop - start, max(1, len(names)), len(skeleton.keypoints), 2), np.nan)
    confidence = np.full(points.shape[:-1], np.nan)
    points[cells] = rows[["x", "y"]]
    confidence[cells] = rows["confidence"]
    return points, confidence


def draw(picture: Image.Image, points: np.ndarray, confidence: np.ndarray, *, skeleton: Skeleton) -> Image.Image:
    """`picture` with the pose of the last frame of `points` on it, and trails through the earlier ones.

    `points` f64[frame, individual, keypoint, 2] px of `picture` (corner at (0, 0)), `confidence` f64[frame, individual,
    keypoint], which is the opacity. NaN is not drawn.
    """
    size = (picture.width * SUPERSAMPLE, picture.height * SUPERSAMPLE)
    overlay = Image.new("RGBA", size)
    pen = ImageDraw.Draw(overlay)
    # PIL counts pixel centres as integers, Marey the corner of the picture as 0. PIL would cut fractions off.
    places = np.rint(points * SUPERSAMPLE - 0.5)
    unit = SUPERSAMPLE * max(1.0, picture.height / 360)
    colors = [ImageColor.getrgb(color) for color in keypoint_colors(len(skeleton.keypoints))]
    for animal in range(points.shape[1]):
        _trails(pen, places[:, animal], colors, width=round(unit))
        _pose(pen, places[-1, animal], confidence[-1, animal], colors, skeleton, unit=unit)
    return Image.alpha_composite(picture.convert("RGBA"), overlay.reduce(SUPERSAMPLE)).convert("RGB")


def _trails(pen: ImageDraw.ImageDraw, places: np.ndarray, colors: list[tuple], *, width: int) -> None:
    there = np.isfinite(places).all(axis=2)
    for i in range(len(places) - 1):
        alpha = round(170 * (i + 1) / len(places))  # older is fainter
        for k in np.flatnonzero(there[i] & there[i + 1]):
            pen.line([*places[i, k], *places[i + 1, k]], fill=(*colors[k], alpha), width=width)


def _pose(
    pen: ImageDraw.ImageDraw,
    places: np.ndarray,
    confidence: np.ndarray,
    colors: list[tuple],
    skeleton: Skeleton,
    *,
    unit: float,
) -> None:
    there = np.isfinite(places).all(axis=1)
    alpha = np.rint(255 * np.clip(np.nan_to_num(confidence), 0, 1)).astype(int).tolist()
    for a, b in skeleton.edges:
        if there[a] and there[b]:
            between = tuple((p + q) // 2 for p, q in zip(colors[a], colors[b], strict=True))
            pen.line([*places[a], *places[b]], fill=(*between, min(alpha[a], alpha[b])), width=round(1.5 * unit))
    for k in np.flatnonzero(there):
        x, y = places[k]
        for radius, color in ((round(4 * unit), (255, 255, 255)), (round(3.2 * unit), colors[k])):
            pen.ellipse([x - radius, y - radius, x + radius, y + radius], fill=(*color, alpha[k]))


def _caption(picture: Image.Image, text: str, skeleton: Skeleton) -> None:
    """The time at the lower left and the keypoints' names in their colours after it, as far as they fit."""
    pen = ImageDraw.Draw(picture)
    size = max(10, round(picture.height / 34))
    font = ImageFont.load_default(size)
    place = [size / 2, picture.height - size * 0.7]
    names = [(text, "white"), *zip(skeleton.keypoints, keypoint_colors(len(skeleton.keypoints)), strict=True)]
    for name, color in names:
        width = pen.textlength(name, font=font)
        if place[0] + width > picture.width:
            break
        rim = {"stroke_width": max(1, size // 8), "stroke_fill": "black" if color == "white" else "white"}
        pen.text(place, name, fill=color, font=font, anchor="ls", **rim)
        place[0] += width + size


def _pictures(read: Iterator[tuple[int, np.ndarray | None]], start: int, step: int) -> Iterator[tuple[int, np.ndarray]]:
    """Every `step`-th frame; undecodable ones as the last picture, darkened, or left out if there is none."""
    last = None
    for index, picture in read:
        last = picture if picture is not None else last
        if last is not None and (index - start) % step == 0:
            yield index, picture if picture is not None else last // 3


def _writer(path: Path, size: tuple[int, int], rate: float):
    options = ["-movflags", "+faststart", "-preset", "veryfast", "-crf", QUALITY]
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
