"""What must hold for labels of every format: one row per point, known names, images that are there.

Each check takes the points that are left and returns (those that pass, the faults of the others). Faults name rows; the
same fault in many rows has the same words, so that a message can join them.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd

from marey.labels.as_labelled import Read, as_labelled
from marey.labels.history import POINT_KEY, disagreements
from marey.labels.image_checks import (
    Checked,
    image_sizes,
    inside_images,
    one_folder_per_video,
    one_image_per_frame,
    readable_images,
    without,
)
from marey.labels.reading import Fault, Shown


def check_points(
    points: pd.DataFrame,
    *,
    data: Path,
    keypoints: tuple[str, ...],
    videos: dict[str, tuple[int, int, int]],
    images: Mapping[str, bytes] = MappingProxyType({}),
    shown: Mapping[tuple[str, str, int], Shown] = MappingProxyType({}),
    read: Read | None = None,
) -> tuple[pd.DataFrame, list[Fault], pd.DataFrame]:
    """Run all checks, one after the other; of what several people set, keep what holds.

    Args:
        points: rows with the columns of the table `labels` ("" for no image) and `history.ENTRY`, and a unique index.
        data: folder that images are relative to.
        keypoints: the experiment's.
        videos: (width px, height px, number of frames) of each video whose own frames may be labelled.
        images: images that lie inside label files, encoded, by their name.
        shown: frames as they were labelled, by source, video and frame.
        read: reads a frame of a video; None: frames are not compared with what was labelled.

    Returns:
        The points that pass, the faults of the others, and the table `disagreements`.
    """
    sizes = image_sizes(points["image"], data, images)
    of_each = (
        lambda left: known_videos(left, videos),
        lambda left: known_frames(left, videos),
        lambda left: known_keypoints(left, keypoints),
        lambda left: as_labelled(left, shown, videos, read) if read else (left, []),
        lambda left: readable_images(left, sizes),
    )
    of_all = (
        one_image_per_frame,
        one_folder_per_video,
        lambda left: inside_images(left, sizes, videos),
        one_label_per_point,
        no_animal_twice,
    )
    points, faults = _in_turn(of_each, points)
    points, apart = disagreements(points)
    points, more = _in_turn(of_all, points)
    return points, faults + more, apart


def _in_turn(steps: Iterable[Callable[[pd.DataFrame], Checked]], points: pd.DataFrame) -> Checked:
    faults: list[Fault] = []
    for step in steps:
        points, found = step(points)
        faults += found
    return points, faults


def known_videos(points: pd.DataFrame, videos: dict[str, tuple[int, int, int]]) -> Checked:
    """Check that points without an image of their own are of a video of the sheet."""
    wrong = points[points["image"].eq("") & ~points["video"].isin(list(videos))]
    return without(
        points,
        wrong,
        "unknown_video",
        lambda row: (
            f"video '{row.video}' is not in the sheet, or missing, and there is no image; add it, or an image column"
        ),
    )


def known_frames(points: pd.DataFrame, videos: dict[str, tuple[int, int, int]]) -> Checked:
    """Check that a frame without an image of its own is one that its video has."""
    count = np.array([videos[video][2] if video in videos else 0 for video in points["video"]], np.int64)
    wrong = points[points["image"].eq("") & (points["frame"] >= count)]
    return without(
        points,
        wrong,
        "unknown_frame",
        lambda row: (
            f"frame {row.frame}: video '{row.video}' has {videos[row.video][2]} frames that can be decoded, counted "
            "from 0; fix the number or delete the row"
        ),
    )


def known_keypoints(points: pd.DataFrame, keypoints: tuple[str, ...]) -> Checked:
    """Check that every keypoint is one of the experiment's."""
    wrong = points[~points["keypoint"].isin(keypoints)]
    names = ", ".join(keypoints)
    return without(
        points,
        wrong,
        "unknown_keypoint",
        lambda row: (
            f"keypoint '{row.keypoint}' is not one of {names}; fix the name, add it to `keypoints` or delete the row"
        ),
    )


def one_label_per_point(points: pd.DataFrame) -> Checked:
    """Check that every point of a frame is set once, by whomever; the first label holds.

    `unlabelled` sets nothing: beside another row for the same point it is left out and is no fault.
    """
    blank = points["visibility"].eq("unlabelled")
    by_weight = points.loc[blank.sort_values(kind="stable").index]
    surplus = by_weight[by_weight.duplicated(POINT_KEY)]
    again = surplus[~blank[surplus.index]]
    first = by_weight.drop_duplicates(POINT_KEY)[[*POINT_KEY, "annotator", "source", "row"]]
    again = again.reset_index().merge(first, on=POINT_KEY, suffixes=("", "_first")).set_index("index")

    def detail(row) -> str:
        first, second = (name or "nobody" for name in (row.annotator_first, row.annotator))
        by = f", by {first} and by {second}" if first != second else ""
        point = f"{row.individual}/{row.keypoint} in frame {row.frame} of '{row.video}'"
        return f"{point} was set before in {row.source_first}, row {row.row_first}{by}; delete one of the two"

    return points.drop(index=surplus.index), without(points, again, "duplicate", detail)[1]


def no_animal_twice(points: pd.DataFrame) -> Checked:
    """Check that no two individuals of a frame have the same points, as copied labels do.

    They do where every keypoint that both have is at one place, and there is one. Later individuals are at fault.
    """
    there = points[points["x"].notna()]
    place = ["video", "frame", "keypoint", "x", "y"]
    frames = there.loc[there.duplicated(place, keep=False), ["video", "frame"]].drop_duplicates()
    faulty: dict[tuple, str] = {}
    for (video, frame), group in there.merge(frames, on=["video", "frame"]).groupby(["video", "frame"], sort=False):
        placed: dict[str, dict] = {}
        for row in group.itertuples():
            placed.setdefault(row.individual, {})[row.keypoint] = row.x, row.y
        for first, second in itertools.combinations(placed, 2):
            common = placed[first].keys() & placed[second].keys()
            if common and all(placed[first][name] == placed[second][name] for name in common):
                faulty.setdefault((video, frame, second), first)
    keys = pd.Series(list(zip(points["video"], points["frame"], points["individual"], strict=True)), points.index)
    return without(
        points,
        points[keys.isin(list(faulty))] if faulty else points[:0],
        "duplicate",
        lambda row: (
            f"{row.individual} in frame {row.frame} of '{row.video}' has the same points as "
            f"{faulty[row.video, row.frame, row.individual]}; delete one of the two"
        ),
    )
