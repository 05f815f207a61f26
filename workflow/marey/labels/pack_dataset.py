"""Labelled frames, packed: images beside their points."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from marey.labels.dataset import VISIBILITY_CODES, DatasetError
from marey.pictures.encoding import decode, encode
from marey.tables import files
from marey.tables.dataset import DATASET
from marey.tables.frames import FRAMES, READING
from marey.tables.label_images import LABEL_IMAGES
from marey.tables.labels import LABELS
from marey.videos.reading import read_chosen_frames

# Images per row group, which is the least that can be read: one costs the reading of at most this many.
ROW_GROUP_IMAGES = 4


def pack_dataset(
    labels_path: Path,
    images_path: Path,
    out: Path,
    *,
    data: Path,
    videos: dict[str, tuple[Path, Path]],
    keypoints: list[str],
    animals: dict,
    provenance: dict,
) -> None:
    """Write the table `dataset`: one row per labelled frame.

    Args:
        labels_path: the table `labels`.
        images_path: the table `label_images`.
        out: where to write.
        data: folder that images are relative to.
        videos: the file and the table `frames` of each video whose own frames are labelled.
        keypoints: the experiment's, in order.
        animals: of the config, `animals.method` and, where that is not single, `animals.unique`.
        provenance: what the result was made from, for its metadata.

    Raises:
        DatasetError: there is no labelled frame, or one shows several animals where the method is `single`.
    """
    points = files.read(labels_path, LABELS)
    if points.empty:
        raise DatasetError(f"{labels_path}: no labelled frames; add labels, or leave `labels.sources` empty")
    inside = files.read(images_path, LABEL_IMAGES).set_index("image")["encoded"]
    images = (
        image
        for video, group in points.groupby("video", sort=True)
        for image in _images(group.groupby("frame", sort=True)["image"].first(), data, inside, videos.get(video))
    )
    groups = points.groupby(["video", "frame"], sort=True)
    shown = tqdm(zip(groups, images, strict=True), total=groups.ngroups, desc="packing", unit="frame")
    rows = (_pack(group, image, keypoints, animals) for (_, group), image in shown)
    with files.writer(out, DATASET, provenance=provenance) as write:
        while group := list(itertools.islice(rows, ROW_GROUP_IMAGES)):
            write(pd.DataFrame(group))


def _pack(points: pd.DataFrame, encoded: bytes, keypoints: list[str], animals: dict) -> dict:
    video, frame = points["video"].iloc[0], points["frame"].iloc[0]
    individuals = sorted(points["individual"].unique())
    if len(individuals) > 1 and animals["method"] == "single":
        raise DatasetError(
            f"video '{video}', frame {frame}: labels of {len(individuals)} animals ({', '.join(individuals)}), but "
            "`animals.method` is single. Set it to bottom_up or top_down, or leave the others out of the label source."
        )
    height, width, _ = decode(encoded).shape
    shape = (len(individuals), len(keypoints))
    position = np.full((*shape, 2), np.nan, np.float32)
    visibility = np.full(shape, VISIBILITY_CODES["unlabelled"], np.int8)
    at = points["individual"].map(individuals.index), points["keypoint"].map(keypoints.index)
    position[at] = points[["x", "y"]]
    if (points["x"] > width).any() or (points["y"] > height).any():
        raise DatasetError(
            f"video '{video}', frame {frame}: labels lie outside of {points['image'].iloc[0] or 'it'}, which has "
            f"{width} x {height} px: it was replaced since it was labelled. Put it back, or correct the labels."
        )
    visibility[at] = points["visibility"].map(VISIBILITY_CODES)
    # Of several animals: objects belong to no animal, and animals are no objects.
    unique = np.isin(keypoints, animals.get("unique", []))
    own = np.isfinite(position).all(axis=-1)
    visibility[np.ix_(own[:, ~unique].any(axis=1), unique)] = VISIBILITY_CODES["absent"]
    visibility[np.ix_(own[:, unique].any(axis=1) & ~own[:, ~unique].any(axis=1), ~unique)] = VISIBILITY_CODES["absent"]
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


def _images(named: pd.Series, data: Path, inside: pd.Series, video: tuple[Path, Path] | None) -> Iterator[bytes]:
    """Yield the images of a video's frames, encoded: from inside a label file, files of their own, or the video.

    `named`: by the frame, in ascending order, the image's name; missing where it is the video's own frame.
    """
    own = named.index[named.isna()]
    if len(own):
        path, frames_path = video
        decoded = read_chosen_frames(path, own, frames=files.read(frames_path, FRAMES, READING))
    for image in named:
        if pd.isna(image):
            yield encode(next(decoded)[1])
        else:
            yield inside[image] if image in inside.index else (data / image).read_bytes()
