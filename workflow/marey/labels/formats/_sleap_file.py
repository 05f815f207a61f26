"""What a SLEAP label file holds, as arrays. Runs apart (`_apart`)."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from marey.labels.formats._apart import call_apart
from marey.labels.formats._hdf_tree import array, as_json, extents, open_tree
from marey.labels.formats._sleap_skeletons import check_names, read_metadata, read_skeletons, read_tracks
from marey.labels.formats._sleap_videos import StoredVideo, read_images, read_videos

if TYPE_CHECKING:
    import h5py
    import numpy as np

FIRST_WITH_CENTRES = 1.1  # of the format: pixel centres at integers; before, the corner of the image was (0, 0)
USER, PREDICTED = 0, 1
_READ = {"metadata", "videos_json", "tracks_json", "frames", "instances", "points", "pred_points", "provenance_json"}


class Points(NamedTuple):
    """Points of instances of one kind, those of an instance one after the other: an entry for each point."""

    instance: "np.ndarray"  # row of the array `instances`
    keypoint: "np.ndarray"  # place in the list of keypoints
    x: "np.ndarray"  # px as stored
    y: "np.ndarray"
    visible: "np.ndarray"
    score: "np.ndarray"  # of a prediction; 0 otherwise


class SleapFile(NamedTuple):
    """A file that was read. `video`, `frame` and `track` have an entry for each row of the array `instances`."""

    format_id: float
    keypoints: list[str]
    edges: list[list[str]]
    tracks: list[str]
    videos: list[StoredVideo]
    video: "np.ndarray"  # place in `videos`
    frame: "np.ndarray"
    track: "np.ndarray"  # place in `tracks`, -1: none
    labels: Points
    predictions: Points
    images: dict[tuple[int, int], bytes]  # encoded, by place in `videos` and frame; of labelled frames
    wrong: list[tuple[int, str]]  # rows of `instances` from 1 that cannot be used (0: of no row), and why
    left_out: list[str]


def read_apart(path: Path) -> SleapFile:
    """Read a file in a process of its own; ValueError says what is wrong with it as a whole."""
    return call_apart(read_file, path)


def read_file(path: Path, *, images: bool = True) -> SleapFile:
    """Read a file, in this process; see `read_apart`. `images`: whether those inside it are wanted."""
    with open_tree(path) as file:
        metadata, format_id = read_metadata(file)
        nodes, edges, symmetries = read_skeletons(metadata)
        keypoints = list(dict.fromkeys(name for skeleton in nodes for name in skeleton))
        tracks = read_tracks(file, metadata)
        check_names(nodes, tracks)
        videos = read_videos(file, metadata, path.name.partition(".")[0])
        table, wrong = _instances(file, nodes, len(tracks), videos)
        found = [_points(file, table, nodes, keypoints, kind) for kind in (USER, PREDICTED)]
        inside = {}
        if images:
            inside = _images(file, videos, table, found[0], format_id)
        left_out = _left_out(file, videos, symmetries)
    return SleapFile(
        format_id, keypoints, edges, tracks, videos, table["place"], table["frame_idx"], table["track"], *found, inside,
        wrong, left_out,
    )  # fmt: skip


def summarise_file(path: Path) -> dict:
    """Say what a file holds without its points and images; builtins only. ValueError: what is wrong with it."""
    return call_apart(_summary, path)


def _summary(path: Path) -> dict:
    return summary_of(read_file(path, images=False))


def summary_of(file: SleapFile) -> dict:
    """Say what a file holds in builtins, as `summarise_file`."""
    import numpy as np

    labelled, predicted = (np.unique(points.instance) for points in (file.labels, file.predictions))

    def several(instances: "np.ndarray") -> bool:
        shown = np.stack([file.video[instances], file.frame[instances]])
        return bool(len(instances) > np.unique(shown, axis=1).shape[1])

    return {
        "keypoints": file.keypoints,
        "edges": file.edges,
        "tracks": [file.tracks[track] for track in np.unique(file.track[labelled]).tolist() if track >= 0],
        "several": several(labelled) or several(predicted),
        "labelled": [[*file.videos[place]] for place in np.unique(file.video[labelled]).tolist()],
        "predicted": [[*file.videos[place]] for place in np.unique(file.video[predicted]).tolist()],
    }


def _table(file: "h5py.File", name: str, columns: tuple[str, ...]) -> dict[str, "np.ndarray"]:
    """Read columns of an array of records, or of numbers whose columns an attribute names (SLEAP's web tools)."""
    stored = array(file, name)
    names = stored.dtype.names
    if names is None and not stored.size:
        return {column: stored.ravel()[:0] for column in columns}
    if names is None and "field_names" in file[name].attrs:
        names = as_json(file[name].attrs["field_names"], f"/{name} field_names")
        stored = dict(zip(names, stored.T, strict=True))
    missing = [column for column in columns if column not in (names or ())]
    if missing:
        raise ValueError(f"/{name} has no {', '.join(missing)}; expected {', '.join(columns)}: save it in SLEAP again")
    return {column: stored[column] for column in columns}


def _instances(
    file: "h5py.File", nodes: list[list[str]], tracks: int, videos: list[StoredVideo]
) -> tuple[dict[str, "np.ndarray"], list[tuple[int, str]]]:
    """Read instances with their `frame_idx` and `place` of the video, which of them are `good`, and what is wrong."""
    import numpy as np

    columns = ("instance_type", "skeleton", "track", "point_id_start", "point_id_end")
    table = {name: values.astype(np.int64) for name, values in _table(file, "instances", columns).items()}
    columns = ("video", "frame_idx", "instance_id_start", "instance_id_end")
    frames = {name: values.astype(np.int64) for name, values in _table(file, "frames", columns).items()}
    count = len(table["track"])
    start, stop = frames["instance_id_start"], frames["instance_id_end"]
    whole = (start >= 0) & (start <= stop) & (stop <= count) & (frames["frame_idx"] >= 0)
    wrong = [
        (0, f"row {at + 1} of /frames has the instances {start[at]} to {stop[at]} of {count}; save it in SLEAP again")
        for at in np.flatnonzero(~whole)
    ]
    rows = ranges(start[whole], stop[whole])
    if len(np.unique(rows)) < len(rows):
        raise ValueError("/frames gives an instance to two frames; save the file in SLEAP again")
    owner = np.repeat(np.flatnonzero(whole), (stop - start)[whole])
    places = {place: place for place in range(len(videos))}  # by their order, where no group has their number
    places |= {video.number: place for place, video in reversed(list(enumerate(videos)))}
    of_frame = np.array([places.get(number, -1) for number in frames["video"].tolist()], np.int64)
    table["place"], table["frame_idx"] = np.full((2, count), -1, np.int64)
    table["place"][rows], table["frame_idx"][rows] = of_frame[owner], frames["frame_idx"][owner]
    owned = np.zeros(count, bool)
    owned[rows] = True
    said = _faults_of_instances(file, table, np.array([*map(len, nodes), 0]), tracks, owned)
    table["good"] = owned & (said == "")
    wrong += [(int(row) + 1, str(said[row])) for row in np.flatnonzero(owned & (said != ""))]
    if whole.all() and not owned.all():
        wrong.append((0, f"{(~owned).sum()} rows of /instances are of no frame; save the file in SLEAP again"))
    return table, wrong


def _faults_of_instances(
    file: "h5py.File", table: dict, sizes: "np.ndarray", tracks: int, owned: "np.ndarray"
) -> "np.ndarray":
    """Say what is wrong with each instance, "" where nothing is; `sizes`: nodes of each skeleton, and 0."""
    import numpy as np

    ends = [len(file[name]) if name in file else 0 for name in ("points", "pred_points")]
    kind, skeleton = table["instance_type"], table["skeleton"]
    start, stop = table["point_id_start"], table["point_id_end"]
    said = np.full(len(kind), "", object)
    known = (skeleton >= 0) & (skeleton < len(sizes) - 1)
    held = np.array([*ends, 0])[np.where((kind == USER) | (kind == PREDICTED), kind, 2)]
    for wrong, what in (
        (stop - start != sizes[np.where(known, skeleton, -1)], "has another number of points than its skeleton"),
        ((start < 0) | (start > stop) | (stop > held), "has points that are not there"),
        (~known, "has a skeleton that is not there"),
        ((table["track"] < -1) | (table["track"] >= tracks), "has a track that is not there"),
        (table["place"] < 0, "is of a video that is not there"),
        (~np.isin(kind, (USER, PREDICTED)), "is neither set by a person nor predicted"),
    ):
        said[wrong & owned] = f"the instance {what}; save the file in SLEAP again"
    return said


def ranges(starts: "np.ndarray", stops: "np.ndarray") -> "np.ndarray":
    """Join the ranges from each of `starts` to before each of `stops` into one array."""
    import numpy as np

    counts = stops - starts
    return np.repeat(starts - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())


def _points(file: "h5py.File", table: dict, nodes: list[list[str]], keypoints: list[str], kind: int) -> Points:
    """Read the points of the good instances of a kind that have any."""
    import numpy as np

    name = ("points", "pred_points")[kind]
    chosen = np.flatnonzero(table["good"] & (table["instance_type"] == kind))
    columns = ("x", "y", "visible") if kind == USER else ("x", "y", "visible", "score")
    stored = _table(file, name, columns) if len(chosen) else dict.fromkeys(columns, np.zeros(0))
    start, stop = table["point_id_start"][chosen], table["point_id_end"][chosen]
    rows, owner = ranges(start, stop), np.repeat(chosen, stop - start)
    places = {name: place for place, name in enumerate(keypoints)}
    of_node = np.array([places[name] for skeleton in nodes for name in skeleton], np.int32)
    first = np.cumsum([0, *map(len, nodes)])[table["skeleton"][chosen]]
    keypoint = of_node[ranges(first, first + stop - start)]
    x, y = (np.asarray(stored[axis][rows], np.float64) for axis in ("x", "y"))
    there = np.bincount(owner[~(np.isnan(x) & np.isnan(y))], minlength=len(table["good"]))[owner] > 0
    score = np.asarray(stored["score"][rows], np.float32) if kind == PREDICTED else np.zeros(len(rows), np.float32)
    visible = np.asarray(stored["visible"][rows], bool)
    return Points(*(column[there] for column in (owner, keypoint, x, y, visible, score)))


def _images(
    file: "h5py.File", videos: list[StoredVideo], table: dict, labels: Points, format_id: float
) -> dict[tuple[int, int], bytes]:
    import numpy as np

    shown = np.unique(labels.instance)
    found = {}
    for place, video in enumerate(videos):
        if video.inside:
            frames = np.unique(table["frame_idx"][shown[table["place"][shown] == place]]).tolist()
            images = read_images(file, video, frames, format_id)
            found.update({(place, frame): image for frame, image in images.items()})
    return found


def _left_out(file: "h5py.File", videos: list[StoredVideo], symmetries: int) -> list[str]:
    """Say in words what else the file holds."""
    inside = {video.inside.partition("/")[0] for video in videos}
    other = sorted(set(file) - _READ - inside - {"video_crops"})
    found = [f"{symmetries} symmetries of skeletons"] if symmetries else []
    if "video_crops" in file:
        crops = as_json(file["video_crops"][()], "/video_crops")
        found.append(f"the crops of {len(crops)} videos (points are of the whole image)")
    return found + extents(file, other)
