"""NWB files with poses of the extension ndx-pose, of any version: estimations are predictions, training frames labels.

Where pixels count from, each series says in words, its `reference_frame`: the middle or the corner of the top left
pixel. Where it says neither, the middle is taken. y is never turned round: DLC2NWB writes of a corner at the bottom,
but stores rows from the top. Frames follow from the times: the first is frame 0, but for files of SLEAP and Marey,
whose times begin with the video. Labelled animals have no identity: animal1, animal2, ... in the order of the frame.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from marey.labels.formats._deeplabcut_grid import SINGLE_ANIMAL
from marey.labels.formats._dense import to_predictions
from marey.labels.formats._nwb_file import NwbFile, read_apart, summarise_file
from marey.labels.reading import Contents, Description, Fault, Source, pixel_offset
from marey.labels.stored import clashes, video_of
from marey.labels.summaries import summarise

if TYPE_CHECKING:
    import pandas as pd

EXPECTED = "an NWB file with poses (`.nwb`)"
PIXELS = "centre"  # unless it says otherwise
LIMITS = "Cannot say that a point is absent. Left out: points in 3D, images inside, all that is no pose."


def recognises(path: Path) -> bool:
    """Return whether `path` is called as NWB files are."""
    return path.suffix.lower() == ".nwb" and path.is_file()


def inputs(path: Path) -> list[Path]:
    """Return the file itself."""
    return [path]


def describe(source: Source) -> Description:
    """Return nodes, edges and videos; the file is read once."""
    found = summarise(source.path, summarise_file, always=True)
    if "fault" in found:
        return Description(fault=found["fault"])
    return Description(
        keypoints=found["keypoints"] or None,
        skeleton=found["edges"] or None,
        several=found["several"],
        videos=sorted({video_of(path, source) for path in found["labelled"]}),
        predicted_videos=sorted({video_of(path, source) for path in found["predicted"]}),
        predicted=bool(found["predicted"]) and not found["labelled"],
    )


def read(source: Source) -> Contents:
    """Read labels and predictions; what a fault touches is in neither."""
    import pandas as pd

    from marey.labels.points import as_labels, as_predictions

    try:
        file = read_apart(source.path)
    except ValueError as error:
        return Contents(as_labels(), [Fault(source.name, 0, "bad_file", str(error))])
    tables, said = [], list(file.left_out)
    for path, origin, dense in file.predictions:
        usual = _pixels(origin)
        if not usual and source.pixels == "auto":
            said.append(f"where '{origin}' puts the origin: pixel centres are taken to be whole numbers")
        table, more = to_predictions(dense, video_of(path, source), pixel_offset(source, usual or PIXELS))
        tables.append(table)
        said += more
    predictions = pd.concat(tables, ignore_index=True) if tables else as_predictions()
    faults = [Fault(source.name, row, "bad_row", why) for row, why in file.wrong]
    labels = _labels(file, source)
    paths: dict[str, list[str]] = {}
    for path in [*(instance.video for instance in file.labels), *(path for path, *_ in file.predictions)]:
        paths.setdefault(video_of(path, source), []).append(path)
    clashing = clashes(paths, source)
    faults += [Fault(source.name, 0, "conflict", why) for why in clashing.values()]
    labels, predictions = (table[~table["video"].isin(list(clashing))] for table in (labels, predictions))
    return Contents(labels, faults, predictions, said)


def _pixels(origin: str) -> str:
    """Tell by the words of `reference_frame` where pixels count from; "" where they do not say."""
    words = origin.lower().replace("center", "centre")
    if re.search(r"midpoint|centre of the top.left pixel|-0\.5", words):  # as SLEAP says it
        return "centre"
    return "corner" if "0.5" in words else ""  # as Marey says it: pixel centres lie at whole numbers + 0.5


def _labels(file: NwbFile, source: Source) -> "pd.DataFrame":
    import numpy as np

    from marey.labels.points import as_labels

    offset = pixel_offset(source, PIXELS)
    shown: dict[tuple[str, int], int] = {}
    placed = []
    for instance in file.labels:
        there = np.isfinite(instance.points).all(axis=1)
        if there.any():
            frame = video_of(instance.video, source), instance.frame
            shown[frame] = shown.get(frame, 0) + 1
            placed.append((instance, there, frame, shown[frame]))
    several = max(shown.values(), default=0) > 1
    rows = []
    for instance, there, frame, number in placed:
        name = f"animal{number}" if several else SINGLE_ANIMAL
        for node, (x, y), seen, finite in zip(instance.nodes, instance.points, instance.visible, there, strict=True):
            place = (float(x) + offset, float(y) + offset) if finite else (np.nan, np.nan)
            state = ("visible" if seen else "occluded") if finite else "unlabelled"
            rows.append((*frame, name, node, *place, state, instance.annotator, "", source.name, instance.row))
    return as_labels(rows)
