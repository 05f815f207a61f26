"""DeepLabCut project: `config.yaml` and, for each video, `labeled-data/<video>/` with its images and labels.

The labels are there as `CollectedData_marey.csv` and `.h5`. With several animals, or objects, it is a multi-animal
project, whose objects and landmarks are of the individual `single`.
"""

from itertools import groupby
from operator import attrgetter
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from marey.exports.export_labels import LabelledFrame, Labels

TOOLS = "DeepLabCut, and what opens its projects: Lightning Pose, SLEAP, napari-deeplabcut"
PIXELS = "x - 0.5 and y - 0.5: pixel centres are integers"
CANNOT_SAY = ("occluded apart from visible", "absent apart from unlabelled (both are empty)", "who labelled")
READ = ["import pandas as pd", 'labels = pd.read_hdf("{file}/labeled-data/<video>/CollectedData_marey.h5")']

SCORER = "marey"
SINGLE = "single"
TO_PIXEL_CENTRES = -0.5  # px


def write(labels: Labels, folder: Path) -> int:
    """Write the project; returns the number of frames."""
    individuals = labels.individuals()
    animals = [name for name in individuals if name not in (SINGLE, "unique")]
    own = [name for name in labels.keypoints if name not in labels.unique]
    several = len(animals) > 1 or bool(labels.unique)
    columns = [(name, point) for name in animals for point in own] + [(SINGLE, point) for point in labels.unique]
    count, videos = 0, []
    for video, frames in groupby(labels.frames(), key=attrgetter("video")):
        place = folder / "labeled-data" / video
        place.mkdir(parents=True)
        rows, names = [], []
        for frame in frames:
            (place / frame.image_name).write_bytes(frame.image)
            rows.append(_row(frame, labels, columns))
            names.append(("labeled-data", video, frame.image_name))
        _write_tables(place, np.array(rows), names, columns, several)
        count += len(rows)
        videos.append(video)
    _write_config(folder, labels, animals, own, several, videos)
    return count


def _row(frame: LabelledFrame, labels: Labels, columns: list[tuple[str, str]]) -> np.ndarray:
    """Return the labels of a frame in the order of the columns, f64[column, 2]; NaN where there is none."""
    row = np.full((len(columns), 2), np.nan)
    for index, (individual, keypoint) in enumerate(columns):
        point = labels.keypoints.index(keypoint)
        owners = range(len(frame.individuals)) if individual == SINGLE else _index(frame.individuals, individual)
        for owner in owners:  # objects stand with whomever they were labelled
            if np.isfinite(frame.position[owner, point, 0]):
                row[index] = frame.position[owner, point].astype(float) + TO_PIXEL_CENTRES
    return row


def _index(names: tuple[str, ...], name: str) -> list[int]:
    return [names.index(name)] if name in names else []


def _write_tables(place: Path, rows: np.ndarray, names: list, columns: list, several: bool) -> None:
    levels = ["scorer", "individuals", "bodyparts", "coords"]
    header = [(SCORER, *column, coord) for column in columns for coord in "xy"]
    if not several:
        levels, header = [levels[0], *levels[2:]], [(scorer, *rest) for scorer, _, *rest in header]
    table = pd.DataFrame(
        rows.reshape(len(rows), -1).round(3),
        columns=pd.MultiIndex.from_tuples(header, names=levels),
        index=pd.MultiIndex.from_tuples(names),
    )
    table.to_csv(place / f"CollectedData_{SCORER}.csv")
    table.to_hdf(place / f"CollectedData_{SCORER}.h5", key="df_with_missing", mode="w")


def _write_config(folder: Path, labels: Labels, animals: list, own: list, several: bool, videos: list) -> None:
    config = {
        "Task": "marey",
        "scorer": SCORER,
        "date": "",
        "multianimalproject": several,
        "identity": False,
        "project_path": ".",
        "video_sets": {f"videos/{video}.mp4": {"crop": "0, 0, 0, 0"} for video in videos},
        "bodyparts": "MULTI!" if several else own,
        "skeleton": [[labels.keypoints[a], labels.keypoints[b]] for a, b in labels.edges],
        "TrainingFraction": [0.95],
        "iteration": 0,
        "engine": "pytorch",
    }
    if several:
        config |= {"individuals": animals, "multianimalbodyparts": own, "uniquebodyparts": list(labels.unique)}
    text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
    (folder / "config.yaml").write_text(text, encoding="utf-8")
