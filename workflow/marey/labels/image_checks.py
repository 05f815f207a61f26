"""What must hold for the images of labels: they are there, one for each frame, and points lie in them.

Checks are those of `checks`, whose words on faults hold here too.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from marey.labels.reading import Fault
from marey.pictures.encoding import ImageError, decode

Checked = tuple[pd.DataFrame, list[Fault]]


def without(points: pd.DataFrame, wrong: pd.DataFrame, reason: str, detail, *, whole_file: bool = False) -> Checked:
    """Take the `wrong` points out, with a fault for each row of a file, or for each file, that says something else."""
    faults = [Fault(row.source, 0 if whole_file else row.row, reason, detail(row)) for row in wrong.itertuples()]
    return points.drop(index=wrong.index), list(dict.fromkeys(faults))


def readable_images(points: pd.DataFrame, sizes: dict[str, tuple[int, int] | str]) -> Checked:
    """Check that images exist and can be read; one fault per image and row of a label file.

    `sizes`: (width, height) px of each image, or what is wrong with it.
    """
    unusable = [image for image, size in sizes.items() if isinstance(size, str)]
    return without(
        points,
        points[points["image"].isin(unusable)],
        "missing_image",
        lambda row: f"image {row.image} {sizes[row.image]}; restore it or delete the row",
    )


def one_image_per_frame(points: pd.DataFrame) -> Checked:
    """Check that a frame of a video has one image, that of its first row; none means the video's own."""
    first = points.groupby(["video", "frame"], sort=False)["image"].transform("first")
    return without(
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
    return without(
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

    points, faults = without(points, wrong, "outside_image", detail)
    return points.drop(columns=["width", "height"]), faults


def image_sizes(named: pd.Series, data: Path, inside: Mapping[str, bytes]) -> dict[str, tuple[int, int] | str]:
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
