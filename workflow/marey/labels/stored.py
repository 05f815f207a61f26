"""Videos and images that label files of other tools name: found here, never by a path that was true elsewhere.

Stored paths may be of another system, with drives and backslashes. What is missing is named by the checks that follow.
Standard library only (parse time).
"""

import os
import posixpath
import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from marey.labels.reading import Source, relative
from marey.videos.names import video_id

# Folders that say nothing about the video that their images are of.
_PLAIN_FOLDERS = {
    *("images", "image", "imgs", "img", "frames", "labels", "labeled-data", "train", "val", "valid", "test", "data")
}
# Names of label files that say nothing either: their folder does.
_PLAIN_FILES = _PLAIN_FOLDERS | {
    *("annotations", "_annotations.coco", "coco", "keypoints", "instances", "project", "dataset", "collecteddata")
}
_NUMBER = re.compile(r"(\d{1,18})$")


def stored_parts(stored: str) -> list[str]:
    """Split a path of any system into its parts, without a drive."""
    parts = re.sub(r"^[A-Za-z]:", "", stored.replace("\\", "/")).split("/")
    return [part for part in parts if part not in ("", ".", "..")]


def video_of(stored: str, source: Source) -> str:
    """Return the id of a video by the path that a file has for it: as `videos` of the source says, or by its name."""
    name = (stored_parts(stored) or [""])[-1]
    for known in (stored, name, PurePosixPath(name).stem):
        if known in source.videos:
            return source.videos[known]
    return video_id(PurePosixPath(name).stem)


def clashes(paths: Mapping[str, Iterable[str]], source: Source) -> dict[str, str]:
    """Say, by the id, where different videos would be one; `paths`: those that a file has for the videos of each id.

    Several paths are one video where the config gives all of them its id.
    """
    found = {name: list(dict.fromkeys(stored)) for name, stored in paths.items()}
    fix = "give each whole path an id by `videos` of the source"
    return {
        name: f"{' and '.join(stored)} would be one video, '{name}'; {fix}"
        for name, stored in found.items()
        if len(stored) > 1 and not set(stored) <= set(source.videos)
    }


def find_image(stored: str, source: Source) -> str:
    """Return where an image lies, relative to `data`.

    Looked for below the source's `images`, or else the folder of its file, the one above it, `images` in either, and
    `data`: by the whole stored path, then by ever less of its beginning, so that of two images with one name the right
    one is found. Where there is none, the path is that where it was expected first.
    """
    return _find(stored, _folders(source))


def _folders(source: Source) -> list[tuple[str, str]]:
    """List where images of a source may lie: (path, path relative to `data`)."""
    beside = source.path if source.path.is_dir() else source.path.parent
    near = [beside, *([beside.parent] if source.data in beside.parents else [])]
    usual = [folder for above in near for folder in (above, above / "images")]
    folders = [source.data / source.images] if source.images else [*usual, source.data]
    return [(str(folder), relative(folder, source.data)) for folder in folders]


def _find(stored: str, folders: list[tuple[str, str]]) -> str:
    parts = stored_parts(stored)
    for start in range(len(parts)):
        end = "/".join(parts[start:])
        for folder, name in folders:
            if os.path.isfile(f"{folder}{os.sep}{end}"):
                return posixpath.normpath(f"{name}/{end}")
    return posixpath.normpath("/".join([folders[0][1], *parts]))


class Place(NamedTuple):
    """Where a labelled image belongs."""

    video: str
    frame: int
    image: str  # relative to `data`


def place_images(stored: Iterable[str], source: Source) -> tuple[dict[str, Place], dict[str, str]]:
    """Return the place of each image by its stored path; and what is wrong with those that are no one image for sure.

    An image that is there without its folders may be another of the same name, where several are asked for.
    """
    folders = _folders(source)
    found = {name: _find(name, folders) for name in dict.fromkeys(stored)}
    by_image: dict[str, list[str]] = {}
    for name, image in found.items():
        by_image.setdefault(image, []).append(name)
    frames = frames_of(by_image, source)
    places, wrong = {}, {}
    for image, names in by_image.items():
        whole = [name for name in names if stored_parts(image)[-len(stored_parts(name)) :] == stored_parts(name)]
        sure = names if len(names) == 1 else whole if len(whole) == 1 else []
        places |= {name: Place(*frames[image], image) for name in sure}
        for name in names:
            if name not in sure:
                other = next(known for known in names if known != name)
                wrong[name] = (
                    f"'{name}' and '{other}' would both be {image}; put each into its folder, or name the folder above "
                    "them as `images` of the source"
                )
    return places, wrong


def frames_of(images: Iterable[str], source: Source) -> dict[str, tuple[str, int]]:
    """Return (video id, frame) of images, by their paths.

    A folder is a video, and the number that ends an image's name its frame. A folder called `images`, `train` or the
    like takes the name of the source, or of the source's folder where that is called `annotations` or the like. Where
    names of a folder do not all end in numbers that differ, its images are numbered in the order of their names.
    """
    folders: dict[str, list[str]] = {}
    videos: dict[str, str] = {}
    for image in dict.fromkeys(images):
        folder = image.rpartition("/")[0]
        if folder not in videos:
            videos[folder] = _video(folder, source)
        folders.setdefault(videos[folder], []).append(image)
    places = {}
    for video, names in folders.items():
        numbers = [_NUMBER.search(PurePosixPath(name).stem) for name in names]
        frames = [int(number[1]) for number in numbers if number]
        if len(set(frames)) < len(names):
            names, frames = sorted(names, key=_natural), list(range(len(names)))
        places.update({name: (video, frame) for name, frame in zip(names, frames, strict=True)})
    return places


def _video(folder: str, source: Source) -> str:
    folders = stored_parts(folder)
    telling = [part for part in folders if part.lower() not in _PLAIN_FOLDERS]
    for known in ("/".join(folders), *telling[-1:]):
        if known in source.videos:
            return source.videos[known]
    around = Path(source.name) if source.path.is_dir() else Path(source.name).parent
    below = [part for part in telling if part not in around.parts]
    near = [source.path.stem, *Path(source.name).parent.parts[::-1]]
    own = [part for part in near if part.lower() not in {*_PLAIN_FILES, "..", ""}]
    return video_id((below[-1:] + own + [source.path.stem])[0]) or "images"


def _natural(text: str) -> list:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", text)]
