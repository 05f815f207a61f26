"""SLEAP label files: `.slp` and packages `.pkg.slp` with the images inside, of every version of the format up to 2.x.

So are the projects of its first years, `.json` and `.json.zip`. Pixels count from the middle of the first one; before
format 1.1 and in JSON, from the corner of the image. Points that a person set
are labels, predicted ones predictions, in one file. A point that is set but not `visible` is
occluded; a node without a position is unlabelled. Animals go by the names of their tracks. Those without are animal1,
animal2, ... in the order of the frame, or animal where no frame has two. Images inside a package belong to the video
that they were taken from. Of several skeletons, nodes of one name are one keypoint.
"""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from marey.labels.formats._deeplabcut_grid import SINGLE_ANIMAL
from marey.labels.formats._hdf_tree import SUFFIXES, holds
from marey.labels.formats._sleap_file import (
    FIRST_WITH_CENTRES,
    Points,
    SleapFile,
    read_apart,
    summarise_file,
)
from marey.labels.formats._sleap_json import is_project, is_text, read_project, summarise_project
from marey.labels.formats._sleap_videos import StoredVideo
from marey.labels.names import quoted
from marey.labels.reading import Contents, Description, Fault, Source, pixel_offset
from marey.labels.stored import find_image, frames_of, video_of
from marey.labels.summaries import summarise

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

EXPECTED = "a SLEAP label file (`.slp`, or `.json` of its first years)"
PIXELS = "centre"  # from format 1.1 on; before, corner
LIMITS = (
    "Cannot say that a point is absent. Left out: symmetries, suggestions, sessions of several cameras, identities, "
    "categories, masks and the like."
)


def recognises(path: Path) -> bool:
    """Return whether `path` is called as SLEAP calls its label files, or is an HDF5 file that holds the like."""
    if path.suffix.lower() == ".slp":
        return path.is_file()
    if is_project(path):
        return True
    return path.suffix.lower() in SUFFIXES and {"metadata", "frames", "instances"} <= set(holds(path))


def inputs(path: Path) -> list[Path]:
    """Return the file itself."""
    return [path]


def describe(source: Source) -> Description:
    """Return nodes, edges, tracks and videos; the file is read once."""
    text = is_text(source.path)
    found = summarise(source.path, summarise_project if text else summarise_file, always=not text)
    if not found:
        return Description()
    labelled, predicted = ([StoredVideo(*video) for video in found[name]] for name in ("labelled", "predicted"))
    without = [video_of(video.path, source) for video in labelled if not video.inside and not video.images]
    own = {name for video in predicted for name in _ids(video, source)}
    return Description(
        keypoints=found["keypoints"] or None,
        skeleton=found["edges"] or None,
        individuals=found["tracks"] or None,
        several=found["several"],
        videos=sorted(set(without)),
        predicted_videos=sorted(own),
        predicted=bool(predicted) and not labelled,
    )


def _ids(video: StoredVideo, source: Source) -> set[str]:
    if not video.images:
        return {video_of(video.path, source)}
    return {name for name, _ in _of_sequence(video, source)[1]}


def _of_sequence(video: StoredVideo, source: Source) -> tuple[list[str], list[tuple[str, int]]]:
    """Find the images of a sequence, and the (video, frame) of each."""
    images = [find_image(stored, source) for stored in video.images]
    places = frames_of(images, source)
    return images, [places[image] for image in images]


def read(source: Source) -> Contents:
    """Read labels and predictions; what a fault touches is in neither."""
    from marey.labels.points import as_labels

    try:
        file = read_project(source.path) if is_text(source.path) else read_apart(source.path)
    except ValueError as error:
        return Contents(as_labels(), [Fault(source.name, 0, "bad_file", str(error))])
    frames, faults = _frames(file, source)
    faults += [Fault(source.name, row, "bad_row", why) for row, why in file.wrong]
    offset = pixel_offset(source, "centre" if file.format_id >= FIRST_WITH_CENTRES else "corner")
    labels, broken = _labels(file, frames, offset, source)
    predictions, left_out = _predictions(file, frames, offset)
    images = {
        _name_inside(source, file.videos[place], frame): encoded for (place, frame), encoded in file.images.items()
    }
    return Contents(labels, faults + broken, predictions, [*file.left_out, *left_out], images)


class Frames(NamedTuple):
    """The frame of each instance of a file; `video` and `image` are places in the lists of names."""

    videos: list[str]
    images: list[str]
    video: "np.ndarray"  # -1: cannot be used
    frame: "np.ndarray"
    image: "np.ndarray"


def _frames(file: SleapFile, source: Source) -> tuple[Frames, list[Fault]]:
    """Find the id of the video, the frame and the image of each instance, and what is wrong with that."""
    import numpy as np

    ids, images = Numbered(), Numbered()
    found = np.full((3, len(file.video)), -1, np.int64)
    faults, paths = [], {}
    for place, video in enumerate(file.videos):
        rows = np.flatnonzero(file.video == place)
        frames, spots = np.unique(file.frame[rows], return_inverse=True)
        shown, late = [], [int(frame) for frame in frames if video.images and frame >= len(video.images)]
        if late:
            why = f"frame {late[0]} of a sequence of {len(video.images)} images; save the file in SLEAP again"
            faults.append(Fault(source.name, 0, "unknown_frame", why))
        pictures, numbered = _of_sequence(video, source) if video.images and len(rows) else ([], [])
        for frame in frames.tolist():
            name, number, image = video_of(video.path, source), frame, ""
            if video.images:
                name, number = numbered[frame] if frame not in late else ("", -1)
                image = pictures[frame] if frame not in late else ""
            image = _name_inside(source, video, frame) if video.inside else image
            shown.append((ids[name] if name else -1, number, images[image]))
            paths.setdefault(name, {})[video.path] = None
        if len(rows):
            found[:, rows] = np.array(shown)[spots].T
    for name, several in paths.items():
        if len(several) > 1 and not set(several) <= set(source.videos):
            found[0, found[0] == ids[name]] = -1
            faults.append(Fault(source.name, 0, "conflict", _one_id(name, list(several))))
    return Frames(list(ids), list(images), *found), faults


class Numbered(dict):
    """Numbers for names, from 0 in the order in which they are asked for."""

    def __missing__(self, name: str) -> int:
        """Give a new name the next number."""
        self[name] = len(self)
        return self[name]


def _one_id(name: str, paths: list[str]) -> str:
    return (
        f"{quoted(paths)} would all be the video '{name}'; say which is which: `videos: {{path: id}}` of the source, "
        "with the whole paths"
    )


def _name_inside(source: Source, video: StoredVideo, frame: int) -> str:
    """Name an image inside a file, as `labels` holds it."""
    return f"{source.name}/{video.inside.removesuffix('/video')}/{frame}"


def _labels(file: SleapFile, frames: Frames, offset: float, source: Source) -> "tuple[pd.DataFrame, list[Fault]]":
    import numpy as np

    from marey.labels.points import Names, labels_of

    points = file.labels
    usable = frames.video[points.instance] >= 0
    there = np.isfinite(points.x) & np.isfinite(points.y)
    broken = usable & ~there & ~(np.isnan(points.x) & np.isnan(points.y))
    faults = [
        Fault(
            source.name,
            int(points.instance[at]) + 1,
            "bad_number",
            f"{file.keypoints[points.keypoint[at]]} is at ({points.x[at]:g}, {points.y[at]:g}); move it or delete it",
        )
        for at in np.flatnonzero(broken)
    ]
    points, there = _of(points, usable & ~broken), there[usable & ~broken]
    at, number = points.instance, _numbers(file, points.instance)
    untracked = [SINGLE_ANIMAL] if not number.any() else [f"animal{nth + 1}" for nth in range(number.max() + 1)]
    individual = np.where(file.track[at] >= 0, file.track[at], len(file.tracks) + number)
    table = labels_of(
        len(at),
        video=Names(frames.videos, frames.video[at]),
        frame=frames.frame[at],
        individual=Names([*file.tracks, *untracked], individual),
        keypoint=Names(file.keypoints, points.keypoint),
        x=points.x + offset,
        y=points.y + offset,
        visibility=Names(("visible", "occluded", "unlabelled"), np.where(there, np.where(points.visible, 0, 1), 2)),
        annotator="",
        image=Names(frames.images, frames.image[at]),
        source=source.name,
        row=at + 1,
    )
    return table, faults


def _predictions(file: SleapFile, frames: Frames, offset: float) -> "tuple[pd.DataFrame, list[str]]":
    """Take the predicted points that have a position."""
    import numpy as np

    from marey.labels.points import Names, confidences, predictions_of

    points = file.predictions
    there = np.isfinite(points.x) & np.isfinite(points.y)
    hidden = there & ~points.visible
    points = _of(points, there & points.visible & (frames.video[points.instance] >= 0))
    at = points.instance
    confidence, said = confidences(points.score)
    table = predictions_of(
        len(at),
        video=Names(frames.videos, frames.video[at]),
        frame=frames.frame[at],
        instance=_numbers(file, at),
        individual=Names([*file.tracks, ""], np.where(file.track[at] >= 0, file.track[at], len(file.tracks))),
        keypoint=Names(file.keypoints, points.keypoint),
        x=points.x + offset,
        y=points.y + offset,
        confidence=confidence,
    )
    return table, said + ([f"{hidden.sum()} predicted points that are not visible"] if hidden.any() else [])


def _of(points: Points, chosen: "np.ndarray") -> Points:
    return Points(*(column[chosen] for column in points))


def _numbers(file: SleapFile, instances: "np.ndarray") -> "np.ndarray":
    """Number the animals of each frame from 0; `instances` has an entry for each of their points."""
    import numpy as np
    import pandas as pd

    rows, at = np.unique(instances, return_inverse=True)
    shown = pd.DataFrame({"video": file.video[rows], "frame": file.frame[rows]})
    return shown.groupby(["video", "frame"]).cumcount().to_numpy()[at]
