"""Rendered examples as files: images, a label table that Marey reads, and a sheet to look at."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw
from tqdm import tqdm

from marey.synth.examples import ABSENT, MOUSE_TOP, OCCLUDED, PLACE_EXAMPLES, VISIBLE, Example, render_example
from marey.tables.files import replacing
from marey.tables.labels import VISIBILITIES

IMAGES, LABELS, SHEET = "images/{:06d}.jpg", "labels.parquet", "sheet.png"
JPEG_QUALITY = 95
SHEET_IMAGES, SHEET_COLUMNS = 40, 5
_COLOURS = {OCCLUDED: (255, 0, 0), VISIBLE: (0, 255, 0)}  # on the sheet


def write_examples(
    folder: str | Path, *, number: int, seed: int = 0, animal: str = MOUSE_TOP, size: tuple[int, int] = (320, 240)
) -> None:
    """Write `number` rendered images, their labels and a contact sheet to `folder`; files that are there are replaced.

    `labels.parquet` is a Marey label table: in an experiment whose `data` is the folder, `labels.sources:
    [labels.parquet]`. The sheet shows the first 40 images, every second one with its
    keypoints.

    Args:
        folder: where to write.
        number: how many images.
        seed: chooses the series; image i of a seed is the same however many there are.
        animal: what is rendered, one of `examples.animal_names`.
        size: (width, height) of the images, px.
    """
    folder = Path(folder)
    (folder / IMAGES).parent.mkdir(parents=True, exist_ok=True)
    render = partial(render_example, seed, animal=animal, size=size)
    write = partial(_write_example, folder, render)
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        done = pool.map(write, range(number), chunksize=4 * PLACE_EXAMPLES)
        written = list(tqdm(done, total=number, unit="image", desc="rendered images"))
    with replacing(folder / LABELS) as temporary:
        label_table(written).to_parquet(temporary, compression="zstd", index=False)
    with replacing(folder / SHEET) as temporary:
        sheet = draw_sheet([render(index) for index in range(min(number, SHEET_IMAGES))])
        sheet.save(temporary, format="png")


def _write_example(folder: Path, render: Callable[[int], Example], index: int) -> Example:
    """Write one image and return its example without it."""
    example = render(index)
    Image.fromarray(example.image).save(folder / IMAGES.format(index), quality=JPEG_QUALITY)
    return replace(example, image=example.image[:0])


def label_table(examples: list[Example]) -> pd.DataFrame:
    """Return the labels of examples as a Marey label table; their numbers are frames, and name their images."""
    rows = [
        (index, individual, keypoint)
        for index, example in enumerate(examples)
        for individual in example.individuals
        for keypoint in example.keypoints
    ]
    frames, individuals, keypoints = zip(*rows, strict=True)
    points = np.concatenate([example.points.reshape(-1, 2) for example in examples]).astype(float)
    visibility = np.concatenate([example.visibility.ravel() for example in examples])
    return pd.DataFrame(
        {
            "video": "rendered",
            "frame": np.array(frames, np.int64),
            "individual": individuals,
            "keypoint": keypoints,
            "x": points[:, 0],
            "y": points[:, 1],
            "visibility": np.array(VISIBILITIES)[visibility],
            "annotator": "truth",
            "image": [IMAGES.format(frame) for frame in frames],
        }
    )


def draw_sheet(examples: list[Example]) -> Image.Image:
    """Draw images side by side, with keypoints on every second one: green where visible, red where occluded."""
    width, height = examples[0].image.shape[1::-1]
    rows = -(-len(examples) // SHEET_COLUMNS)
    sheet = Image.new("RGB", (width * SHEET_COLUMNS, height * rows))
    for place, example in enumerate(examples):
        image = Image.fromarray(example.image)
        if place % 2:
            _mark(ImageDraw.Draw(image), example)
        sheet.paste(image, (place % SHEET_COLUMNS * width, place // SHEET_COLUMNS * height))
    return sheet


def _mark(draw: ImageDraw.ImageDraw, example: Example) -> None:
    for (x, y), visibility in zip(example.points.reshape(-1, 2), example.visibility.ravel(), strict=True):
        if visibility != ABSENT:
            draw.ellipse((x - 2, y - 2, x + 1, y + 1), fill=_COLOURS[visibility])
