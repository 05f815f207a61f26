"""Labelled frames: packing pictures beside their points, and loading them for training."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from tqdm import tqdm

from marey.tables import dataset as table
from marey.tables import files, frames, labels, splits
from marey.videos import read_frame

_CODES = {name: code for code, name in enumerate(labels.VISIBILITIES)}


class DatasetError(ValueError):
    """Labels and pictures do not make a data set; the message names the frame and the fix."""


@dataclass(frozen=True)
class LabelledFrames:
    """Labelled frames in memory, in the order of the table.

    `images` are u8[height, width, 3] RGB; `points` f32[frame, individual, keypoint, 2], (x, y) px of the original
    picture, NaN where there is no position; `visibility` i8[frame, individual, keypoint], index into VISIBILITIES.
    """

    video: list[str]
    frame: np.ndarray
    images: list[np.ndarray]
    individuals: list[list[str]]
    points: np.ndarray
    visibility: np.ndarray

    def __len__(self) -> int:
        return len(self.images)


def pack_dataset(
    labels_path: Path,
    out: Path,
    *,
    data: Path,
    videos: dict[str, tuple[Path, Path]],
    keypoints: list[str],
    provenance: dict,
) -> None:
    """Write the `dataset` table: one row per labelled frame.

    `videos` gives the file and the `frames` table of each video whose own frames are labelled. Raises DatasetError
    where a frame shows more than one labelled animal.
    """
    points = files.read(labels_path, labels.SCHEMA)
    rows = [
        _pack(video, frame, group, data, videos, keypoints)
        for (video, frame), group in tqdm(points.groupby(["video", "frame"], sort=True), desc="packing", unit="frame")
    ]
    if not rows:
        raise DatasetError(f"{labels_path}: no labelled frames; add labels, or leave `labels.sources` empty")
    files.write(out, pd.DataFrame(rows), table.SCHEMA, provenance=provenance)


def _pack(video: str, frame: int, points: pd.DataFrame, data: Path, videos: dict, keypoints: list[str]) -> dict:
    individuals = sorted(points["individual"].unique())
    if len(individuals) > 1:
        raise DatasetError(
            f"video '{video}', frame {frame}: labels of {len(individuals)} animals ({', '.join(individuals)}); "
            "one animal per frame can be followed so far. Leave the others out of the label source."
        )
    image = points["image"].iloc[0]
    encoded = _encode(_video_frame(video, frame, videos)) if pd.isna(image) else (data / image).read_bytes()
    width, height = Image.open(io.BytesIO(encoded)).size
    shape = (len(individuals), len(keypoints))
    position = np.full((*shape, 2), np.nan, np.float32)
    visibility = np.full(shape, _CODES["unlabelled"], np.int8)
    at = points["individual"].map(individuals.index), points["keypoint"].map(keypoints.index)
    position[at] = points[["x", "y"]]
    visibility[at] = points["visibility"].map(_CODES)
    return {
        "video": video,
        "frame": frame,
        "width": width,
        "height": height,
        "image": encoded,
        "individuals": individuals,
        "points": position.ravel(),
        "visibility": visibility.ravel(),
    }


def _video_frame(video: str, frame: int, videos: dict[str, tuple[Path, Path]]) -> np.ndarray:
    path, frames_path = videos[video]
    return read_frame(
        path, frame, frames=files.read(frames_path, frames.SCHEMA, ["frame", "pts", "key_frame", "fault"])
    )


def _encode(image: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="PNG")
    return buffer.getvalue()


def decode(encoded: bytes) -> np.ndarray:
    """A picture of the table as u8[height, width, 3] RGB."""
    return np.asarray(Image.open(io.BytesIO(encoded)).convert("RGB"))


def load(path: Path, *, keypoints: int) -> LabelledFrames:
    """Load the whole `dataset` table; frames with fewer animals than others get absent ones."""
    rows = files.read(path, table.SCHEMA)
    most = max(len(names) for names in rows["individuals"])
    points = np.full((len(rows), most, keypoints, 2), np.nan, np.float32)
    visibility = np.full((len(rows), most, keypoints), _CODES["absent"], np.int8)
    for index, row in enumerate(rows.itertuples()):
        points[index, : len(row.individuals)] = row.points.reshape(-1, keypoints, 2)
        visibility[index, : len(row.individuals)] = row.visibility.reshape(-1, keypoints)
    return LabelledFrames(
        video=rows["video"].tolist(),
        frame=rows["frame"].to_numpy(),
        images=[decode(encoded) for encoded in rows["image"]],
        individuals=[list(names) for names in rows["individuals"]],
        points=points,
        visibility=visibility,
    )


def parts(path: Path, labelled: LabelledFrames, *, fold: int) -> pd.DataFrame:
    """The columns `part` and `group` of the `splits` table, one row per labelled frame, in the order of `labelled`."""
    table = files.read(path, splits.SCHEMA)
    table = table[table["fold"] == fold].set_index(["video", "frame"])
    return table.loc[list(zip(labelled.video, labelled.frame, strict=True)), ["part", "group"]].reset_index(drop=True)


def batches(count: int, size: int, *, seed: int) -> Iterator[np.ndarray]:
    """Endless batches of indices, i64[size]: one seeded permutation of range(count) after another, without a break."""
    generator = np.random.default_rng(seed)
    queue = np.empty(0, np.int64)
    while True:
        while len(queue) < size:
            queue = np.concatenate([queue, generator.permutation(count)])
        yield queue[:size]
        queue = queue[size:]
