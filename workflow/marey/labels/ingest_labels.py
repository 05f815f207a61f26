"""All labels of an experiment, from sources in any format, checked and in one table."""

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from marey.labels.as_labelled import Frames
from marey.labels.checks import check_points
from marey.labels.history import ENTRY, newest
from marey.labels.names import quoted
from marey.labels.points import as_labels
from marey.labels.reading import Contents, Fault, LabelError, Source, describe_faults
from marey.labels.sources import describe, format_name, load_format
from marey.tables import files
from marey.tables.disagreements import DISAGREEMENTS
from marey.tables.dropped import DROPPED
from marey.tables.label_images import LABEL_IMAGES
from marey.tables.labels import LABELS
from marey.tables.probe import PROBE

SAY_ABSENT = ("marey_kit", "marey_table")  # formats in which a person says that a point is absent

_log = logging.getLogger(__name__)


def ingest(
    sources: list[str | dict],
    *,
    data: str | Path,
    keypoints: tuple[str, ...],
    videos: dict[str, tuple[int, int, int]],
    on_error: str,
    empty: str = "unlabelled",
    left_out: Iterable[str] = (),
    films: Mapping[str, tuple[Path, Path]] = MappingProxyType({}),
):
    """Read and check all labels.

    Args:
        sources: label sources, in any format: entries of `labels.sources` of the config.
        data: folder that sources, images and the paths in the result are relative to.
        keypoints: the experiment's, in order.
        videos: (width px, height px, frames) of each video whose own frames may be labelled.
        on_error: what a fault does, `stop` or `drop`.
        empty: what an empty point of an animal means that has others in the image, `unlabelled` or `absent`, in formats
            that cannot say that a point is absent.
        left_out: keypoints that may be labelled, but are not wanted.
        films: file and table `frames` of each of `videos`, with which what was labelled is compared; none: it is not.

    Returns:
        (labels, dropped, label_images, disagreements): DataFrames with the columns of the tables of these names;
        without faults `dropped` has no rows.

    Raises:
        LabelError: there are faults and `on_error` is `stop` (one error for all), or a path is no label source.
    """
    data = Path(data)
    found, faults, listed, images, shown = [as_labels().assign(**{ENTRY: 0})], [], set(left_out), {}, {}
    for number, entry in enumerate(sources):
        source = Source.of(entry, data)
        contents = load_format(source).read(source)
        read = contents.labels
        if empty == "absent" and format_name(entry, data) not in SAY_ABSENT:
            read = read.assign(visibility=_absent_where_empty(read))
        found.append(read.assign(keypoint=read["keypoint"].replace(dict(source.keypoints)), **{ENTRY: number}))
        faults += contents.faults or _yields_nothing(source, contents)
        images |= contents.images
        shown |= contents.shown
        listed.update(describe(entry, data).keypoints or [])
        for what in contents.left_out:
            _log.info("%s: left out %s", source.name, what)
    points = newest(_of_keypoints(pd.concat(found, ignore_index=True), keypoints, listed))
    compare = {"shown": shown, "read": Frames(films).read if films else None}
    options = {"data": data, "keypoints": tuple(keypoints), "videos": videos, "images": images, **compare}
    points, wrong, apart = check_points(points, **options)
    faults += wrong
    if faults and on_error == "stop":
        raise LabelError(describe_faults(faults))
    frames = len(points[["video", "frame"]].drop_duplicates())
    _log.info("%d points in %d frames; %d faults", len(points), frames, len(faults))
    used = sorted(set(points["image"]) & set(images))
    points = points.assign(image=points["image"].replace("", None)).reset_index(drop=True)
    embedded = pd.DataFrame({"image": used, "encoded": [images[image] for image in used]})
    return points.drop(columns=ENTRY), pd.DataFrame(faults, columns=DROPPED.names), embedded, apart


def _absent_where_empty(points: pd.DataFrame) -> pd.Series:
    """Return the visibility of labels, absent where a point is empty of an animal that has others in the image."""
    animal = [points[name] for name in ("video", "frame", "image", "individual")]
    empty = points["visibility"].eq("unlabelled")
    return points["visibility"].mask(empty & (~empty).groupby(animal).transform("any"), "absent")


def _yields_nothing(source: Source, contents: Contents) -> list[Fault]:
    """Find fault with a source without a single label: a reader that finds nothing may not know what it reads."""
    if len(contents.labels):
        return []
    fix = "label some frames, or take it out of `labels.sources`"
    if contents.predictions is not None and len(contents.predictions):
        fix = "these are predictions, which are no labels: name it in `predictions.sources`"
    return [Fault(source.name, 0, "bad_file", f"holds no labelled point; {fix}")]


def _of_keypoints(points: pd.DataFrame, keypoints: tuple[str, ...], listed: set[str]) -> pd.DataFrame:
    """Leave out the labels of keypoints that sources list and the experiment does not use: those are no faults.

    But where one of `keypoints` is neither listed nor labelled, which may be a misspelt name, nothing is left out: what
    it was meant to be is then an unknown keypoint.
    """
    known, used = points["keypoint"], set(keypoints)
    if not used <= listed | set(known):
        return points
    unused = known.isin(listed - used)
    if unused.any():
        _log.info("left out %d labels of %s, not in `keypoints`", unused.sum(), quoted(known[unused].unique()))
    return points[~unused]


def ingest_labels(
    sources: list[str | dict],
    labels_out: str | Path,
    dropped_out: str | Path,
    images_out: str | Path,
    disagreements_out: str | Path,
    *,
    data: str | Path,
    keypoints: tuple[str, ...],
    probes: list[str | Path],
    on_error: str,
    empty: str = "unlabelled",
    left_out: Iterable[str] = (),
    films: Mapping[str, tuple[Path, Path]] = MappingProxyType({}),
    provenance: dict,
) -> None:
    """Write the tables `labels`, `dropped`, `label_images` and `disagreements`.

    Args:
        sources: as of `ingest`.
        labels_out: where to write `labels`.
        dropped_out: where to write `dropped`.
        images_out: where to write `label_images`.
        disagreements_out: where to write `disagreements`.
        data: as of `ingest`.
        keypoints: as of `ingest`.
        probes: tables `probe` of the videos.
        on_error: as of `ingest`.
        empty: as of `ingest`.
        left_out: as of `ingest`.
        films: as of `ingest`.
        provenance: what the results were made from, for their metadata.

    Raises:
        LabelError: as `ingest`.
    """
    rows = [row for path in probes for row in files.read(path, PROBE).itertuples()]
    videos = {row.video: (row.width, row.height, row.frames) for row in rows}
    options = {"keypoints": keypoints, "videos": videos, "on_error": on_error, "empty": empty, "left_out": left_out}
    points, faults, images, apart = ingest(sources, data=data, films=films, **options)
    files.write(labels_out, points, LABELS, provenance=provenance)
    files.write(dropped_out, faults, DROPPED, provenance=provenance)
    files.write(images_out, images, LABEL_IMAGES, provenance=provenance)
    files.write(disagreements_out, apart, DISAGREEMENTS, provenance=provenance)
