"""SLEAP projects of its first years: `.json`, or `.json.zip` with one inside; as arrays, like those of later files."""

import math
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from marey.labels.formats._json_file import SUFFIX, Outline, lists_of, load, outline, outline_of, parse
from marey.labels.formats._sleap_file import Points, SleapFile, summary_of
from marey.labels.formats._sleap_skeletons import check_names, read_skeletons
from marey.labels.formats._sleap_videos import StoredVideo
from marey.labels.heads import HEAD_BYTES
from marey.labels.names import clean_name

KEYS = {"skeletons", "nodes", "videos", "labels"}
LEFT_OUT = ("suggestions", "negative_anchors")
FORMAT = 1.0  # these count from the corner of the image
MAX_FRAME = 2**53
MAX_BYTES = 2**31  # of a project inside an archive
_BROKEN = (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, EOFError)


def is_project(path: Path) -> bool:
    """Return whether `path` is a JSON object with what SLEAP writes, or an archive with one."""
    zipped = path.suffix.lower() == ".zip" and path.is_file()
    seen = _outline_inside(path) if zipped else outline(path)
    return seen is not None and not seen.is_list and len(KEYS & seen.first) > 1


def is_text(path: Path) -> bool:
    """Return whether a project of SLEAP is one of its first years, by its name."""
    return path.suffix.lower() in (SUFFIX, ".zip")


def summarise_project(path: Path) -> dict:
    """Say what a project holds, as `_sleap_file.summarise_file`."""
    return summary_of(read_project(path))


def _outline_inside(path: Path) -> Outline | None:
    try:
        with zipfile.ZipFile(path) as archive, archive.open(_member(archive)) as file:
            return outline_of(file.read(HEAD_BYTES))
    except (*_BROKEN, ValueError):
        return None


def _member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    found = [
        item for item in archive.infolist() if item.filename.lower().endswith(".json") and "/" not in item.filename
    ]
    if len(found) != 1:
        raise ValueError(f"holds {len(found)} JSON files; expected one project: unpack it and name that")
    if found[0].file_size > MAX_BYTES:
        raise ValueError(f"the project inside has {found[0].file_size} bytes; unpack it and name what is in it")
    return found[0]


def read_project(path: Path) -> SleapFile:
    """Read a project; ValueError says what is wrong with it as a whole."""
    data = _load(path)
    missing = sorted(KEYS - set(data)) if isinstance(data, dict) else sorted(KEYS)
    if missing:
        raise ValueError(f"lacks {', '.join(missing)}, which SLEAP writes; save the project in SLEAP as .slp")
    frames, listed, named = lists_of(data, "labels", "videos", "tracks")
    nodes, edges, symmetries = read_skeletons(data)
    tracks = [_track(entry, at) for at, entry in enumerate(named, start=1)]
    check_names(nodes, tracks)
    videos = [_video(entry, at) for at, entry in enumerate(listed)]
    keypoints = list(dict.fromkeys(name for skeleton in nodes for name in skeleton))
    names = [clean_name(str(node["name"])) for node in data["nodes"]]
    gathered = _Gathered(names, nodes, keypoints, len(tracks), len(videos), [], [], [])
    for at, frame in enumerate(frames):
        gathered.add_frame(at, frame)
    left_out = [f"{name} ({len(data[name])})" for name in LEFT_OUT if data.get(name) and isinstance(data[name], list)]
    return gathered.as_file(edges, tracks, videos, left_out + (["symmetries"] if symmetries else []))


def _load(path: Path) -> Any:
    if path.suffix.lower() != ".zip":
        return load(path)
    try:
        with zipfile.ZipFile(path) as archive:
            return parse(archive.read(_member(archive)))
    except _BROKEN as error:
        raise ValueError(f"not a whole archive ({error}); restore it") from None


def _track(entry: object, at: int) -> str:
    """Read the name of a track, which is an object, or a list of where it began and its name."""
    if isinstance(entry, list):
        entry = {"name": entry[1] if len(entry) > 1 else ""}
    name = entry.get("name") if isinstance(entry, dict) else ""
    return clean_name(str(name or "")) or f"track{at}"


def _video(entry: object, at: int) -> StoredVideo:
    backend = entry.get("backend", entry) if isinstance(entry, dict) else {}
    names, path = (backend.get("filenames"), backend.get("filename")) if isinstance(backend, dict) else (None, None)
    images = [str(name) for name in names] if isinstance(names, list) else []
    path = path or (images or [""])[0]
    if not isinstance(path, str) or not path:
        raise ValueError(f"videos[{at}] has no file name; save the project in SLEAP again")
    return StoredVideo(at, path, images)


class _Gathered(NamedTuple):
    """What is gathered of a file, and what its instances refer to."""

    names: list[str]  # of all nodes
    skeletons: list[list[str]]
    keypoints: list[str]
    tracks: int
    videos: int
    instances: list[tuple[int, int, int]]  # video, frame and track of each; -1: none
    points: list[tuple[bool, tuple]]  # whether predicted, and an entry of `Points`
    wrong: list[tuple[int, str]]

    def add_frame(self, at: int, frame: dict) -> None:
        """Add the instances of an entry of `labels`."""
        items = frame.get("_instances", frame.get("instances")) if isinstance(frame, dict) else None
        if not isinstance(items, list):
            self.wrong.append((0, f"labels[{at}]: expected an object with a list `_instances`"))
            return
        for nth, item in enumerate(items):
            try:
                place, points = self._instance(frame, item)
            except (ValueError, TypeError, AttributeError, KeyError, IndexError) as error:
                said = str(error) if type(error) is ValueError else "not as SLEAP writes it"
                self.wrong.append((len(self.instances) + 1, f"labels[{at}]._instances[{nth}]: {said}"))
                place, points = (-1, -1, -1), []
            self.points.extend(points)
            self.instances.append(place)

    def _instance(self, frame: dict, item: dict) -> tuple[tuple[int, int, int], list[tuple[bool, tuple]]]:
        video, number = int(frame["video"]), frame["frame_idx"]
        track = -1 if item.get("track") is None else int(item["track"])
        if not 0 <= video < self.videos:
            raise ValueError(f"video {video} is not in `videos`")
        if type(number) is not int or not 0 <= number < MAX_FRAME:
            raise ValueError(f"frame_idx {number!r}, expected a whole number from 0")
        if not -1 <= track < self.tracks:
            raise ValueError(f"track {track} is not in `tracks`")
        stored = item.get("_points", item.get("points"))
        points = {self.names[int(node)]: point for node, point in stored.items()}
        predicted = item.get("score") is not None
        row = len(self.instances)
        found = [
            (predicted, (row, self.keypoints.index(name), *_position(points.get(name), predicted)))
            for name in self.skeletons[int(item.get("skeleton") or 0)]
        ]
        there = any(not math.isnan(point[2]) for _, point in found)
        return (video, number, track), found if there else []

    def as_file(self, edges: list, tracks: list[str], videos: list[StoredVideo], left_out: list[str]) -> SleapFile:
        """Return all as arrays."""
        import numpy as np

        video, frame, track = np.array(self.instances, np.int64).reshape(-1, 3).T
        kinds = [[point for is_guess, point in self.points if is_guess == kind] for kind in (False, True)]
        labels, predictions = (Points(*_columns(points)) for points in kinds)
        return SleapFile(
            FORMAT, self.keypoints, edges, tracks, videos, video, frame, track, labels, predictions, {}, self.wrong,
            left_out,
        )  # fmt: skip


def _position(point: dict | None, predicted: bool) -> tuple[float, float, bool, float]:
    """Read x, y, whether visible, and the score of a point."""
    if not point or point["x"] is None or point["y"] is None:
        return math.nan, math.nan, False, 0.0
    score = point.get("score") if predicted else 0
    seen = bool(point.get("visible", True))
    return float(point["x"]), float(point["y"]), seen, math.nan if score is None else float(score)


def _columns(points: list[tuple]) -> Iterator:
    import numpy as np

    kinds = (np.int64, np.int64, float, float, bool, float)
    columns = zip(*points, strict=True) if points else [()] * len(kinds)
    return (np.array(column, kind) for column, kind in zip(columns, kinds, strict=True))
