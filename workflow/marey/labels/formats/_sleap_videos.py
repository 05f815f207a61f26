"""The videos of a SLEAP label file, and the images of their frames that lie inside it. Runs apart (`_apart`)."""

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from marey.labels.formats._hdf_tree import array, as_json, as_text, texts
from marey.labels.stored import stored_parts

if TYPE_CHECKING:
    import h5py
    import numpy as np

FIRST_WITH_CHANNEL_ORDER = 1.4  # of the format: before, images inside were written by OpenCV with red and blue swapped


class StoredVideo(NamedTuple):
    """A video as a file names it."""

    number: int  # what frames call it
    path: str  # that of the recording, also where images of it lie inside the file; of its machine
    images: list[str]  # paths of the images, in their order, where it is a sequence of images
    inside: str = ""  # array of the images of its frames, where they lie inside the file


def read_videos(file: "h5py.File", metadata: dict, stem: str) -> list[StoredVideo]:
    """List the videos of a file; `stem` names those of which it only knows that they are inside."""
    if "videos_json" in file:
        entries = [as_json(line, f"/videos_json, line {at}") for at, line in enumerate(texts(file, "videos_json"), 1)]
    else:
        entries = metadata.get("videos") or []
    return [_read_video(file, number, entry, stem) for number, entry in enumerate(entries)]


def _read_video(file: "h5py.File", number: int, entry: dict, stem: str) -> StoredVideo:
    path, images = _paths(entry)
    inside = ""
    if path == ".":
        backend = entry.get("backend") or entry
        group = str(backend.get("dataset") or f"video{number}/video").strip("/").removesuffix("/video")
        inside, name = f"{group}/video", group.removeprefix("video")
        number = int(name) if name.isdecimal() else number
        entry = _source_of(file, group) or entry.get("source_video") or {"filename": f"{stem}_{group}"}
    while entry.get("source_video") or entry.get("original_video"):  # a package that was made of a package
        entry = entry.get("source_video") or entry["original_video"]
    path, images = _paths(entry)
    if not stored_parts(path):
        raise ValueError(f"video {number} of /videos_json has no file name; write the file again")
    return StoredVideo(number, path, images, inside)


def _paths(entry: dict) -> tuple[str, list[str]]:
    """Return the path of a video, and those of its images where it is a sequence of them."""
    backend = entry.get("backend") or entry
    named = backend.get("filename") or entry.get("filename") or ""
    images = backend.get("filenames") or (named if isinstance(named, list) else [])
    return str(images[0] if isinstance(named, list) and images else named), [str(name) for name in images]


def _source_of(file: "h5py.File", group: str) -> dict | None:
    """Read what a package says of the video whose images it holds: as an attribute or, where it is long, an array."""
    for name in ("source_video", "original_video"):
        place = f"{group}/{name}"
        if place in file:
            said = file[place]["json"][()] if "json" in file[place] else file[place].attrs.get("json")
            return None if said is None else as_json(said, f"/{place}/json")
    return None


def read_images(file: "h5py.File", video: StoredVideo, frames: Iterable[int], format_id: float) -> dict[int, bytes]:
    """Read the encoded images of `frames` that are inside a file, as any program decodes them; those that are there."""
    stored = file.get(video.inside)
    if stored is None:
        return {}
    group = video.inside.removesuffix("/video")
    numbers = range(len(stored))
    if f"{group}/frame_numbers" in file:
        numbers = [int(number) for number in array(file, f"{group}/frame_numbers", ndim=1)]
    places = {number: place for place, number in enumerate(numbers)}
    usual = "RGB" if format_id >= FIRST_WITH_CHANNEL_ORDER else "BGR"
    swapped = as_text(stored.attrs.get("channel_order", usual)) == "BGR"
    raw = as_text(stored.attrs.get("format", "")) == "hdf5" or stored.ndim > 2
    return {
        frame: _as_pixels(stored[places[frame]]) if raw else _as_encoded(stored[places[frame]], swapped=swapped)
        for frame in frames
        if places.get(frame, len(stored)) < len(stored)
    }


def _as_encoded(values: "np.ndarray", *, swapped: bool) -> bytes:
    """Return the bytes of an image without the zeros that pad it, with red and blue in their places."""
    from PIL import Image

    encoded = values.astype("uint8", copy=False).tobytes().rstrip(b"\0")
    if not swapped:
        return encoded
    try:
        with Image.open(io.BytesIO(encoded)) as image:
            if image.mode != "RGB":
                return encoded
            blue, green, red = image.split()
    except (OSError, SyntaxError):
        return encoded  # no whole image: the checks that follow say so
    turned = io.BytesIO()
    Image.merge("RGB", (red, green, blue)).save(turned, format="PNG")
    return turned.getvalue()


def _as_pixels(values: "np.ndarray") -> bytes:
    """Encode an image that is kept as pixels u8[height, width, channels]."""
    from marey.pictures.encoding import encode

    return encode(values[..., 0] if values.shape[-1] == 1 else values)
