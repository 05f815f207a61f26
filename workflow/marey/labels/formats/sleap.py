"""SLEAP label files: `.slp` and packages `.pkg.slp` with the images inside, of every version of the format up to 2.x.

So are the projects of its first years, `.json` and `.json.zip`, whose pixels count as those before format 1.1.

Pixels count from the middle of the first one; before format 1.1, from the corner of the image. Points that a person
set are labels, predicted ones predictions, in one file. A point that is set but not `visible` is occluded; a node
without a position is unlabelled. Animals go by the names of their tracks; those without are animal1, animal2, ... in
the order of the frame, or animal where no frame has two. Images inside a package are of the video that they were taken
from. Of several skeletons, nodes of one name are one keypoint.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from marey.labels.formats._deeplabcut_grid import SINGLE_ANIMAL
from marey.labels.formats._hdf_tree import SUFFIXES, holds
from marey.labels.formats._sleap_file import FIRST_WITH_CENTRES, Points, SleapFile, read_apart, summarise_file
from marey.labels.formats._sleap_frames import Frames, name_inside, place_frames, video_ids
from marey.labels.formats._sleap_json import is_project, is_text, read_project, summarise_project
from marey.labels.formats._sleap_videos import StoredVideo
from marey.labels.reading import Contents, Description, Fault, Source, pixel_offset
from marey.labels.stored import video_of
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
    if "fault" in found:
        return Description(fault=found["fault"])
    labelled, predicted = ([StoredVideo(*video) for video in found[name]] for name in ("labelled", "predicted"))
    without = [video_of(video.path, source) for video in labelled if not video.inside and not video.images]
    own = {name for video in predicted for name in video_ids(video, source)}
    return Description(
        keypoints=found["keypoints"] or None,
        skeleton=found["edges"] or None,
        individuals=found["tracks"] or None,
        several=found["several"],
        videos=sorted(set(without)),
        predicted_videos=sorted(own),
        predicted=bool(predicted) and not labelled,
    )


def read(source: Source) -> Contents:
    """Read labels and predictions; what a fault touches is in neither."""
    from marey.labels.points import as_labels

    try:
        file = read_project(source.path) if is_text(source.path) else read_apart(source.path)
    except ValueError as error:
        return Contents(as_labels(), [Fault(source.name, 0, "bad_file", str(error))])
    frames, faults = place_frames(file, source)
    faults += [Fault(source.name, row, "bad_row", why) for row, why in file.wrong]
    offset = pixel_offset(source, "centre" if file.format_id >= FIRST_WITH_CENTRES else "corner")
    labels, broken = _labels(file, frames, offset, source)
    predictions, left_out = _predictions(file, frames, offset)
    images = {
        name_inside(source, file.videos[place], frame): encoded for (place, frame), encoded in file.images.items()
    }
    return Contents(labels, faults + broken, predictions, [*file.left_out, *left_out], images)


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
