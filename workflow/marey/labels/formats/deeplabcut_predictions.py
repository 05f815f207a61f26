"""DeepLabCut's predictions of a video, `<video>DLC_<network>.h5` or `.csv`, filtered or not; Lightning Pose's, too.

The video is known by the beginning of the file's name, or as `videos` of the source says. Frames are those of the
index, which need not be consecutive. The individuals of a project of several animals keep their names; its unique body
parts belong to no animal. A point at (0, 0) or (-1, -1) with the likelihood 0, less or none is no point.
"""

import itertools
import re
from pathlib import Path

from marey.labels.formats._apart import call_apart
from marey.labels.formats._dense import Dense, to_predictions
from marey.labels.formats._hdf_tree import SUFFIXES, holds, is_damaged
from marey.labels.formats._prediction_table import PredictionTable, first_rows, read_csv, read_h5, read_header
from marey.labels.names import name_faults
from marey.labels.reading import Contents, Description, Fault, Source, pixel_offset
from marey.labels.stored import video_of
from marey.labels.summaries import summarise

EXPECTED = "a DeepLabCut or Lightning Pose prediction table (`.h5` or `.csv`)"
PIXELS = "centre"
LIMITS = "Left out: columns other than x, y and likelihood. Tables in 3D and pickles are not read."
UNIQUE = "single"  # the individual that holds the unique body parts of a project of several animals
SINGLE_ANIMAL = ""  # a project of one animal names none
_LABELS = "CollectedData"  # how names of label files begin
_NETWORK = re.compile(r"^(.+?)(?:DLC_|DeepCut_|_superanimal_)")
_PANDAS = {"table", "axis1"}  # in the group of a table that pandas wrote


def recognises(path: Path) -> bool:
    """Return whether `path` is a table of DeepLabCut's whose rows are frames by number."""
    if path.name.startswith(_LABELS) or not path.is_file():
        return False
    if path.suffix.lower() == ".csv":
        rows, _ = first_rows(path)
        after = [row[0] for above, row in itertools.pairwise(rows) if above[0] == "coords"]
        return rows[:1] != [] and rows[0][0] == "scorer" and after != [] and after[0].removesuffix(".0").isdecimal()
    if path.suffix.lower() not in SUFFIXES:
        return False
    return any(_PANDAS & set(inside) for inside in holds(path).values()) or (
        bool(_NETWORK.match(path.stem)) and is_damaged(path)
    )


def inputs(path: Path) -> list[Path]:
    """Return the file itself."""
    return [path]


def describe(source: Source) -> Description:
    """Return keypoints, individuals and the video, from the header."""
    path = source.path
    header = _header(path)
    if "fault" in header:
        return Description(fault=header["fault"], predicted_videos=[_video(source, {"scorer": []})], predicted=True)
    individuals = [name for name in dict.fromkeys(header.get("individuals", [])) if name != UNIQUE]
    of = zip(header.get("individuals", [""] * len(header["bodyparts"])), header["bodyparts"], strict=True)
    unique = [keypoint for individual, keypoint in dict.fromkeys(of) if individual == UNIQUE and individuals]
    return Description(
        keypoints=[*dict.fromkeys(header["bodyparts"])],
        individuals=individuals or None,
        unique=unique,
        several=len(individuals) > 1,
        predicted_videos=[_video(source, header)],
        predicted=True,
    )


def _header(path: Path) -> dict:
    """Read the header, or the `fault` of a broken table."""
    if path.suffix.lower() != ".csv":
        return summarise(path, _summary, always=True)
    try:
        return read_header(path)[0]
    except ValueError as error:
        return {"fault": str(error)}


def _summary(path: Path) -> dict:
    return call_apart(read_h5, path).header


def _video(source: Source, header: dict[str, list[str]]) -> str:
    """Return the id of the video: a file is called as it, then the scorer; exports of Marey end in `.dlc` or `.lp`."""
    stem = source.path.stem.removesuffix(".dlc").removesuffix(".lp")
    scorer = header["scorer"][0] if header["scorer"] else ""
    before = stem[: stem.index(scorer)] if scorer in stem and not scorer.startswith("superanimal") else ""
    match = _NETWORK.match(stem)
    return video_of(f"{before or (match[1] if match else stem)}.h5", source)


def read(source: Source) -> Contents:
    """Read the predictions."""
    from marey.labels.points import as_labels

    try:
        path = source.path
        table = read_csv(path) if path.suffix.lower() == ".csv" else call_apart(read_h5, path)
        dense, left_out = _to_dense(table)
    except (ValueError, OSError) as error:
        return Contents(as_labels(), [Fault(source.name, 0, "bad_file", str(error))])
    predictions, said = to_predictions(dense, _video(source, table.header), pixel_offset(source, PIXELS))
    return Contents(as_labels(), [], predictions, left_out + said)


def _to_dense(table: PredictionTable) -> tuple[Dense, list[str]]:
    """Sort the columns by individual, keypoint and coordinate; ValueError where they do not fit."""
    import numpy as np

    header = table.header
    scorers = dict.fromkeys(
        re.sub(r"\.\d+$", "", name) for name in header["scorer"] if name
    )  # pandas numbers equal ones
    if len(scorers) > 1:
        raise ValueError(f"the header: is by {', '.join(scorers)}; keep the columns of one")
    of = header.get("individuals") or [SINGLE_ANIMAL] * len(header["bodyparts"])
    columns = list(zip(of, header["bodyparts"], header["coords"], strict=True))
    if "z" in header["coords"]:
        raise ValueError("the header: has x, y and z, so it is in 3D; name the predictions of each video")
    individuals, keypoints = [*dict.fromkeys(of)], [*dict.fromkeys(header["bodyparts"])]
    faults = name_faults(keypoints) + (name_faults(individuals) if "individuals" in header else [])
    twice = [column for column in dict.fromkeys(columns) if columns.count(column) > 1]
    points = {column[:2] for column in columns}
    half = ["/".join(filter(None, point)) for point in points if not {(*point, "x"), (*point, "y")} <= set(columns)]
    faults += [f"{'/'.join(filter(None, column))} is there twice" for column in twice]
    faults += [f"{point} has not both x and y" for point in sorted(half)]
    if faults or not points:
        raise ValueError(f"the header: {'; '.join(faults[:3]) or 'names no point'}; export it again")
    held = np.full((len(table.frames), len(individuals), len(keypoints), 3), np.nan)
    for place, (individual, keypoint, coordinate) in enumerate(columns):
        if coordinate in ("x", "y", "likelihood"):
            at = individuals.index(individual), keypoints.index(keypoint), ("x", "y", "likelihood").index(coordinate)
            held[:, *at] = table.values[:, place]
    xy, score = held[..., :2], held[..., 2]
    held[((xy == 0).all(axis=-1) | (xy == -1).all(axis=-1)) & ~(score > 0)] = np.nan
    other = sorted({name for name in header["coords"] if name not in ("x", "y", "likelihood")})
    unique = [name == UNIQUE and len(individuals) > 1 for name in individuals]
    return Dense(table.frames, individuals, keypoints, xy, score, unique=unique), [
        f"columns {', '.join(other)}"
    ] if other else []
