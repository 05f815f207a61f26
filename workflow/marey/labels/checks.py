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
from tqdm import tqdm

from marey.labels.history import POINT_KEY, disagreements
from marey.labels.reading import Fault
from marey.pictures.encoding import ImageError, decode

Checked = tuple[pd.DataFrame, list[Fault]]


def check_points(
    points: pd.DataFrame,
    *,
    data: Path,
    keypoints: tuple[str, ...],
    videos: dict[str, tuple[int, int, int]],
    images: Mapping[str, bytes] = MappingProxyType({}),
) -> tuple[pd.DataFrame, list[Fault], pd.DataFrame]:
    """Run all checks, one after the other; of what several people set, keep what holds.

    Args:
        points: rows with the columns of the table `labels` ("" for no image) and `history.ENTRY`, and a unique index.
        data: folder that images are relative to.
        keypoints: the experiment's.
        videos: (width px, height px, number of frames) of each video whose own frames may be labelled.
        images: images that lie inside label files, encoded, by their name.

    Returns:
        The points that pass, the faults of the others, and the table `disagreements`.
    """
    sizes = _image_sizes(points["image"], data, images)
    of_each = (
        lambda left: known_videos(left, videos),
        lambda left: known_frames(left, videos),
        lambda left: known_keypoints(left, keypoints),
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
    return _without(
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
    return _without(
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
    return _without(
        points,
        wrong,
        "unknown_keypoint",
        lambda row: (
            f"keypoint '{row.keypoint}' is not one of {names}; fix the name, add it to `keypoints` or delete the row"
        ),
    )


def readable_images(points: pd.DataFrame, sizes: dict[str, tuple[int, int] | str]) -> Checked:
    """Check that images exist and can be read; one fault per image and row of a label file.

    `sizes`: (width, height) px of each image, or what is wrong with it.
    """
    unusable = [image for image, size in sizes.items() if isinstance(size, str)]
    return _without(
        points,
        points[points["image"].isin(unusable)],
        "missing_image",
        lambda row: f"image {row.image} {sizes[row.image]}; restore it or delete the row",
    )


def one_image_per_frame(points: pd.DataFrame) -> Checked:
    """Check that a frame of a video has one image, that of its first row; none means the video's own."""
    first = points.groupby(["video", "frame"], sort=False)["image"].transform("first")
    return _without(
        points,
        points.assign(first=first)[points["image"] != first],
        "duplicate",
        lambda row: (
            f"frame {row.frame} of '{row.video}' is {row.image or 'of the video itself'}, but was "
            f"{row.first or 'of the video itself'} before; rename one image or delete the row"
        ),
    )


def one_folder_per_video(points: pd.DataFrame) -> Checked:
    """Check that a video whose id is the name of a folder of a project's `labeled-data` has one such folder.

    Two projects may have folders of one name that hold frames of different videos.
    """
    parts = points["image"].str.rsplit("/", n=1).str[0]
    folders = parts.where(parts.str.contains(r"(?:^|/)labeled-data/[^/]*$", na=False))
    first = folders.groupby(points["video"]).transform("first")
    return _without(
        points,
        points.assign(folder=folders, first=first)[folders.notna() & (folders != first)],
        "conflict",
        lambda row: (
            f"the folders {row.first} and {row.folder} would be one video '{row.video}'; rename one of them, or put "
            "all images into one"
        ),
        whole_file=True,
    )


def inside_images(
    points: pd.DataFrame, sizes: dict[str, tuple[int, int] | str], videos: dict[str, tuple[int, int, int]]
) -> Checked:
    """Check that points lie in their image, edges included.

    `sizes`: (width, height) px of each image; `videos`: (width px, height px, number of frames) of each video.
    """
    edges = [sizes[image] if image else videos[video][:2] for image, video in points[["image", "video"]].to_numpy()]
    edges = np.array(edges, np.int64).reshape(-1, 2)
    points = points.assign(width=edges[:, 0], height=edges[:, 1])
    width, height = points["width"], points["height"]
    x, y = points["x"], points["y"]
    wrong = points[(x < 0) | (y < 0) | (x > width) | (y > height)]

    def detail(row) -> str:
        point = f"{row.individual}/{row.keypoint} at ({row.x:g}, {row.y:g})"
        return f"{point} is outside the image of {row.width} x {row.height} px; move it or delete it"

    points, faults = _without(points, wrong, "outside_image", detail)
    return points.drop(columns=["width", "height"]), faults


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

    return points.drop(index=surplus.index), _without(points, again, "duplicate", detail)[1]


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
    return _without(
        points,
        points[keys.isin(list(faulty))] if faulty else points[:0],
        "duplicate",
        lambda row: (
            f"{row.individual} in frame {row.frame} of '{row.video}' has the same points as "
            f"{faulty[row.video, row.frame, row.individual]}; delete one of the two"
        ),
    )


def _without(points: pd.DataFrame, wrong: pd.DataFrame, reason: str, detail, *, whole_file: bool = False) -> Checked:
    """Take the `wrong` points out, with a fault for each row of a file, or for each file, that says something else."""
    faults = [Fault(row.source, 0 if whole_file else row.row, reason, detail(row)) for row in wrong.itertuples()]
    return points.drop(index=wrong.index), list(dict.fromkeys(faults))


def _image_sizes(named: pd.Series, data: Path, inside: Mapping[str, bytes]) -> dict[str, tuple[int, int] | str]:
    """Read the (width, height) px of each image, upright, as training will see it; or say what is wrong with it."""
    sizes: dict[str, tuple[int, int] | str] = {}
    for image in tqdm(named[named != ""].unique(), desc="images", unit="file", disable=None):
        try:
            pixels = decode(inside[image] if image in inside else (data / image).read_bytes())
        except (FileNotFoundError, NotADirectoryError):  # the latter: inside a label file
            sizes[image] = "is missing"
        except OSError as error:
            sizes[image] = f"cannot be read ({error.strerror})"
        except ImageError as error:
            sizes[image] = str(error)
        else:
            one = pixels.min() == pixels.max()
            sizes[image] = f"shows one single value, {pixels.max()}" if one else (pixels.shape[1], pixels.shape[0])
    return sizes
