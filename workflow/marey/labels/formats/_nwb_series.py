"""Predicted positions in an NWB file, and how its groups and links are followed. Runs apart (`_apart`)."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from marey.labels.formats._dense import Dense
from marey.labels.formats._hdf_tree import as_text, numbers, texts
from marey.labels.names import clean_name

if TYPE_CHECKING:
    import h5py
    import numpy as np

COUNTS_FRAMES = ("sleap", "marey")  # tools whose times are those of frames from the beginning of the video
MAX_UNEVEN = 0.25  # of an interval, by which the time between two positions may miss a multiple of it
MAX_DEPTH = 12  # of groups in groups
_OF = re.compile(r"Keypoint (.+) from individual (.+?)\.?$")  # how DLC2NWB describes a series
_FIRST = re.compile(r"first row is frame (\d{1,15}) of the video")  # how Marey comments one
_WHOSE = re.compile(r"(.+): poses that Marey found")  # how Marey describes an estimation
UNIQUE = "unique"  # the individual of Marey that holds what belongs to no animal


def of_type(group: "h5py.Group", kind: str, depth: int = 0) -> "Iterator[h5py.Group]":
    """Find all groups of a type of NWB below one, in the order of the file; links are not followed."""
    import h5py

    for name in group if depth < MAX_DEPTH else ():
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            continue
        member = group[name]
        if isinstance(member, h5py.Group):
            if as_text(member.attrs.get("neurodata_type", "")) == kind:
                yield member
            yield from of_type(member, kind, depth + 1)


def member_of_type(group: "h5py.Group", kind: str) -> "h5py.Group | None":
    """Return the member of a type, links followed; None where there is none."""
    for name in group:
        member = group.get(name)  # None: a link to nothing
        if member is not None and as_text(member.attrs.get("neurodata_type", "")) == kind:
            return member
    return None


def video_path(group: "h5py.Group", stem: str) -> str:
    """Return the path of the video that a group is about: that of a linked series of images, or else as a text."""
    series = group.get("source_video")
    for place, name in ((series, "external_file"), (group, "original_videos"), (group, "labeled_videos")):
        if place is not None and name in place:
            paths = [path for path in texts(place, name) if path.strip()]
            if paths:
                return paths[0]
    return series.name.rpartition("/")[2] if series is not None else stem


class Series(NamedTuple):
    """The positions of a keypoint of an animal."""

    individual: str
    keypoint: str
    frames: "np.ndarray"
    points: "np.ndarray"
    scores: "np.ndarray"


def read_series(groups: "list[h5py.Group]", stem: str, left_out: list[str]) -> dict[tuple[str, str], list[Series]]:
    """Read all series of all estimations, by video and by what is said of the origin of coordinates."""
    found: dict[tuple[str, str], list[Series]] = {}
    videos = [video_path(group, stem) for group in groups]
    for group, video in zip(groups, videos, strict=True):
        name = clean_name(group.name.rpartition("/")[2])
        owner = name.removeprefix("track=") if name.startswith("track=") or videos.count(video) > 1 else ""
        owner = "" if owner == "untracked" else owner
        whose = _WHOSE.match(as_text(group["description"][()])) if "description" in group else None
        owner = clean_name(whose[1]) if whose else owner
        software = as_text(group["source_software"][()]).lower() if "source_software" in group else ""
        counts = any(tool in software for tool in COUNTS_FRAMES) or name.startswith("track=")
        for place in group:
            series = group.get(place)
            if series is None or as_text(series.attrs.get("neurodata_type", "")) != "PoseEstimationSeries":
                continue
            if series["data"].shape[1:] != (2,):
                left_out.append(f"{series.name}, which has the shape {series['data'].shape}, not that of (x, y)")
                continue
            said = _OF.match(as_text(series.attrs.get("description", "")))
            keypoint, individual = (
                (clean_name(said[1]), clean_name(said[2])) if said else (_keypoint(group, place), owner)
            )
            origin = as_text(series["reference_frame"][()]) if "reference_frame" in series else ""
            part = Series(individual, keypoint, _frames(series, counts=counts), *_values(series))
            found.setdefault((video, origin), []).append(part)
    return found


def _keypoint(group: "h5py.Group", place: str) -> str:
    """Return the node that a series is of: NeuroConv calls that of left_ear PoseEstimationSeriesLeftEar."""
    bare = clean_name(place.removeprefix("PoseEstimationSeries")) or place
    skeleton = member_of_type(group, "Skeleton") or group
    nodes = [clean_name(name) for name in texts(skeleton, "nodes")] if "nodes" in skeleton else []
    same = [name for name in nodes if _letters(name) == _letters(bare)]
    return same[0] if len(same) == 1 and bare not in nodes else bare


def _letters(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).lower()


def _values(series: "h5py.Group") -> "tuple[np.ndarray, np.ndarray]":
    """Read the positions in px, and the confidence."""
    import numpy as np

    unit = as_text(series["data"].attrs.get("unit", "pixels"))
    if unit.lower() not in ("pixels", "pixel", "px"):
        raise ValueError(f"{series.name} is in {unit}; expected pixels")
    points = numbers(series, "data", ndim=2) * float(series["data"].attrs.get("conversion", 1.0))
    scores = np.full(len(points), np.nan)
    if "confidence" in series:
        scores = numbers(series, "confidence", ndim=1)
    if len(scores) != len(points):
        raise ValueError(f"{series.name} has {len(points)} positions and {len(scores)} confidences")
    return points, scores


def _frames(series: "h5py.Group", *, counts: bool) -> "np.ndarray":
    """Find the frame of each position by its time.

    `counts`: whether times are those of frames since the beginning of the video. Otherwise the first is that of frame
    0, whatever clock it is by; and positions whose times are no multiples of one interval are of one frame after the
    other, as is all without times.
    """
    import numpy as np

    length = series["data"].shape[0]
    first = _FIRST.search(as_text(series.attrs.get("comments", "")))
    if first:
        return int(first[1]) + np.arange(length)
    rate, start = 1.0, 0.0
    if "starting_time" in series:
        rate = float(series["starting_time"].attrs.get("rate", 1.0))
        start = float(series["starting_time"][()])
    if "timestamps" not in series:
        return np.arange(length) + (round(start * rate) if counts else 0)
    times = numbers(series, "timestamps", ndim=1)
    if len(times) != length or not np.isfinite(times).all() or (np.diff(times) <= 0).any():
        raise ValueError(f"{series.name} has {length} positions and {len(times)} times; expected one each, in order")
    if counts and (times == np.floor(times)).all():
        return times.astype(np.int64)
    gaps = np.diff(times)
    if not len(gaps):
        return np.zeros(length, np.int64)
    interval = np.median(gaps[gaps < 1.5 * gaps.min()])
    steps = np.round(gaps / interval).astype(np.int64)
    if (np.abs(gaps / interval - steps) > MAX_UNEVEN).any():
        return np.arange(length)
    interval = gaps.sum() / steps.sum()
    return np.cumsum([round(times[0] / interval) if counts else 0, *steps])


def join_series(parts: list[Series]) -> Dense:
    """Put the series of a video into one array."""
    import numpy as np

    frames = np.unique(np.concatenate([part.frames for part in parts]))
    individuals = [*dict.fromkeys(part.individual for part in parts)]
    keypoints = [*dict.fromkeys(part.keypoint for part in parts)]
    held = np.full((len(frames), len(individuals), len(keypoints), 3), np.nan)
    for part in parts:
        at = individuals.index(part.individual), keypoints.index(part.keypoint)
        held[np.searchsorted(frames, part.frames), *at] = np.column_stack([part.points, part.scores])
    unique = [name == UNIQUE for name in individuals]
    return Dense(frames, individuals, keypoints, held[..., :2], held[..., 2], unique=unique)
