"""Review clip of a video: the moments in which two animals may have been exchanged, in turn, cut to the two."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw, ImageFont
from tqdm import tqdm

from marey.experiment.skeletons import Skeleton
from marey.tables import files
from marey.tables.files import replacing
from marey.tables.frames import FRAMES
from marey.videos import reading
from marey.views import drawing, moments
from marey.views.colors import WARN, individual_colors
from marey.views.render_video import (
    FRAME_COLUMNS,
    clip_poses,
    clip_rate,
    clip_writer,
    even_size,
    read_individuals,
    steady_images,
    trail_starts,
)

CLIP_SECONDS_AROUND = 1.0  # s that are shown before and after a moment
BLANK_FRAMES = 25  # frames of the clip that says that there is nothing, and its frames/s
BLANK_COLOR = "#202020"


def render_review(
    video_path: str | Path,
    frames_path: str | Path,
    smoothed_path: str | Path,
    review_path: str | Path,
    out: str | Path,
    *,
    skeleton: Skeleton,
    config: dict,
) -> None:
    """Write a clip (MP4) of the first moments of table `review`, each from 1 s before to 1 s after.

    Images are cut to the two animals and scaled to the shape of the video and the height `height`; from the moment on
    they have a border. Without a moment whose frames can be decoded the clip says so for a second.

    Args:
        video_path: the video file.
        frames_path: its table `frames`.
        smoothed_path: its table `smoothed`.
        review_path: its table `review`.
        out: the clip that is written.
        skeleton: the keypoints and the lines between them.
        config: the block `render`; `review_moments` is how many moments are shown.
    """
    table = files.read(frames_path, FRAMES, FRAME_COLUMNS)
    colors = individual_colors(read_individuals(smoothed_path))
    found = moments.read_moments(review_path)
    shown = found.head(config["review_moments"])
    rate, step = clip_rate(table["time"].to_numpy())
    with replacing(out) as temporary:
        writer = None
        for moment in tqdm(shown.itertuples(), total=len(shown), desc=f"review {Path(out).stem}"):
            options = {"colors": colors, "skeleton": skeleton, "config": config, "step": step}
            for picture in _moment(video_path, smoothed_path, table, moment, of=len(shown), **options):
                writer = writer or clip_writer(temporary, picture.size, rate)
                writer.send(np.asarray(picture))
        if writer is None:
            first = reading.read_first_frame(video_path, table) if len(table) else None
            text = "nothing to review" if found.empty else "no moment can be decoded"
            picture = _blank(even_size((3, 4) if first is None else first.shape, config["height"]), text)
            writer = clip_writer(temporary, picture.size, BLANK_FRAMES)
            for _ in range(BLANK_FRAMES):
                writer.send(np.asarray(picture))
        writer.close()


def _moment(
    video_path: str | Path,
    smoothed_path: str | Path,
    table: pd.DataFrame,
    moment,
    *,
    of: int,
    colors: dict[str, str],
    skeleton: Skeleton,
    config: dict,
    step: int,
) -> Iterator[Image.Image]:
    """Yield the images of one moment, a row of table `review`."""
    time = table["time"].to_numpy()
    start, stop = moments.frames_around(time, moment.frame, CLIP_SECONDS_AROUND)
    names = list(colors)
    points, confidence = clip_poses(
        smoothed_path, skeleton, names, start=start, stop=stop, cut=config["min_confidence"]
    )
    both = moments.pair_points(names, points, moment)
    back = trail_starts(time[start:stop], config["trail"])
    parts = [(text, colors.get(text, "white")) for text in (moment.first, "<->", moment.second)]
    for index, picture in steady_images(reading.read_frames(video_path, start, stop, frames=table), start, step):
        box = moments.crop_box(both, picture.shape, middle=(moment.x, moment.y))
        clip = even_size(picture.shape, config["height"])
        past = slice(back[index - start], index - start + 1)
        places = moments.crop_points(points[past], box, clip)
        cut = moments.crop_image(picture, box, clip)
        drawn = drawing.draw_poses(cut, places, confidence[past], skeleton=skeleton, colors=list(colors.values()))
        drawing.draw_names(drawn, places[-1], colors)
        metadata = f"{moment.rank}/{of}   frame {moment.frame}   {moment.time:.1f} s"
        drawing.draw_caption(drawn, [(metadata, "white"), *parts, (f"{moment.probability:.0%}", "white")], chips=True)
        if index >= moment.frame:
            _border(drawn)
        yield drawn


def _border(picture: Image.Image) -> None:
    width = max(2, round(picture.height / 100))
    ImageDraw.Draw(picture).rectangle([0, 0, picture.width - 1, picture.height - 1], outline=WARN, width=width)


def _blank(size: tuple[int, int], text: str) -> Image.Image:
    picture = Image.new("RGB", size, BLANK_COLOR)
    font = ImageFont.load_default(max(10, round(size[1] / 16)))
    ImageDraw.Draw(picture).text((size[0] / 2, size[1] / 2), text, fill="#d0d0d0", font=font, anchor="mm")
    return picture
