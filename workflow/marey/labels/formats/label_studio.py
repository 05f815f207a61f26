"""Label Studio: keypoints on images, exported as JSON or as JSON-MIN.

Pixels: positions are per cent of the image's width and height, which begin at its corner. The size is that of which the
file says that it was labelled; an image of another size is a fault.

Each keypoint is an animal's by its relation to a rectangle, whose label is the individual, or by having it as its
parent. What has no rectangle, where others have, belongs to no animal. Without rectangles there is one animal.
Every annotation of a task counts, each as its annotator's, at the time of its last change. Predictions of a network are
predictions, also beside annotations. `row` is the number of a task, from 1.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from marey.labels.formats._deeplabcut_grid import SINGLE_ANIMAL
from marey.labels.formats._json_file import outline
from marey.labels.formats._label_studio_file import Marked, Region, Task, read_tasks
from marey.labels.formats._stills import other_size
from marey.labels.reading import Contents, Description, Fault, Source, pixel_offset
from marey.labels.stored import Place, place_images, stored_parts
from marey.labels.summaries import summarise

EXPECTED = "an export of Label Studio (`.json`)"
PIXELS = "corner"
LIMITS = (
    "Cannot say that a point is occluded or absent. Left out: sizes of points, boxes apart from their labels, choices, "
    "texts and other marks, drafts and skipped annotations."
)
UNIQUE = "single"  # the individual that holds what belongs to no animal
# What Label Studio puts before the name of an image that was uploaded.
_UPLOADED = re.compile(r"^[0-9a-f]{8}-(?=.)")


def recognises(path: Path) -> bool:
    """Return whether `path` is a JSON list of tasks, or of what was marked in them, or one task."""
    seen = outline(path)
    if seen is None:
        return False
    tasks = "data" in seen.first and bool({"annotations", "completions", "predictions"} & seen.first)
    cut = "annotations" in seen.first and {"completed_by", "result"} <= seen.second  # `data` is later than what is seen
    return tasks or cut or (seen.is_list and {"annotator", "annotation_id"} <= seen.first)


def inputs(path: Path) -> list[Path]:
    """Return the file itself."""
    return [path]


def describe(source: Source) -> Description:
    """Return the names of keypoints and individuals in the order in which they were first marked."""
    found = dict(summarise(source.path, _summary))
    places = _places(found.pop("predicted_images", []), source)[0]
    return Description(**found, predicted_videos=sorted({place.video for place in places.values()}))


def _summary(path: Path) -> dict:
    tasks, _ = read_tasks(path)
    marked = [(task, each) for task in tasks for each in task.marked]
    known: dict[str, set[str]] = {}
    several = False
    for _, each in marked:
        animals = set()
        for point, animal in _animals(each):
            known.setdefault(point.name, set()).add(animal)
            animals.add(animal)
        several = several or len(animals - {UNIQUE}) > 1
    individuals = sorted({animal for animals in known.values() for animal in animals})
    return {
        "keypoints": list(known) or None,
        "individuals": individuals or None,
        "unique": [name for name, animals in known.items() if animals == {UNIQUE}],
        "several": several,
        "predicted": bool(marked) and all(each.predicted for _, each in marked),
        "predicted_images": list(
            {tuple(stored_parts(task.image)[:-1]): task.image for task, each in marked if each.predicted}.values()
        ),
    }


def _animals(marked: Marked) -> Iterator[tuple[Region, str]]:
    """Yield each point with the individual that it is of."""
    names = {box.number: box.name for box in marked.boxes}
    for point in marked.points:
        yield point, names.get(point.parent, UNIQUE) if names else SINGLE_ANIMAL


def read(source: Source) -> Contents:
    """Read labels and predictions; a task, or an annotation of it, with a fault is in neither."""
    from marey.labels.points import as_labels, as_predictions

    try:
        tasks, left_out = read_tasks(source.path)
    except ValueError as error:
        return Contents(as_labels(), [Fault(source.name, 0, "bad_file", str(error))])
    places, unsure = _places([task.image for task in tasks if task.image], source)
    reader = _Reader(source, source.name, _keypoints_of(tasks), [], [], [])
    for task in tasks:
        faults = [*task.faults, *filter(None, [unsure.get(task.image)])]
        reader.faults.extend(Fault(source.name, task.row, "bad_row", why) for why in faults)
        for marked in task.marked if task.image in places else []:
            try:
                reader.add(task.row, places[task.image], marked)
            except ValueError as error:
                reader.faults.append(Fault(source.name, task.row, "bad_row", f"[{task.row - 1}]: {error}"))
    empty = sum(not task.marked and not task.faults for task in tasks)
    left_out = left_out + ([f"{empty} tasks that nobody has annotated"] if empty else [])
    return Contents(as_labels(reader.labels), reader.faults, as_predictions(reader.predictions), left_out)


def _places(names: list[str], source: Source) -> tuple[dict[str, Place], dict[str, str]]:
    """Find the images of the tasks; those that were uploaded with or without the number before their name."""
    places, unsure = place_images(names, source)
    renamed = {name: _original(name) for name in places if not (source.data / places[name].image).is_file()}
    if renamed:
        new = {name: renamed.get(name, name) for name in names}
        places, unsure = place_images(new.values(), source)
        places = {name: places[new[name]] for name in names if new[name] in places}
        unsure = {name: unsure[new[name]] for name in names if new[name] in unsure}
    return places, unsure


def _original(name: str) -> str:
    """Return the path of an image as it was before Label Studio took it up."""
    parts = stored_parts(name)
    folders = [] if parts[:2] == ["data", "upload"] else parts[:-1]
    return "/".join([*folders, _UPLOADED.sub("", parts[-1])])


def _keypoints_of(tasks: list[Task]) -> dict[bool, list[str]]:
    """List the keypoints that animals have, and those that belong to none (True)."""
    found: dict[bool, dict[str, None]] = {True: {}, False: {}}
    for task in tasks:
        for marked in task.marked:
            for point, animal in _animals(marked):
                found[animal == UNIQUE][point.name] = None
    return {unique: list(names) for unique, names in found.items()}


class _Reader(NamedTuple):
    """What is gathered of a file."""

    source: Source
    name: str  # of the source
    keypoints: dict[bool, list[str]]
    labels: list[tuple]
    predictions: list[tuple]
    faults: list[Fault]

    def add(self, row: int, place: Place, marked: Marked) -> None:
        """Add what was marked in an image; ValueError says what is wrong with it."""
        offset = pixel_offset(self.source, PIXELS)
        animals: dict[str, dict[str, Region]] = {}
        for point, animal in _animals(marked):
            if point.name in animals.setdefault(animal, {}):
                whose = f"of '{animal}' " if marked.boxes else ""
                raise ValueError(
                    f"'{point.name}' {whose}is there twice; delete one, or relate each to the rectangle of its animal"
                )
            animals[animal][point.name] = point
        if marked.points:
            wrong = other_size(self.source.data / place.image, marked.points[0].size)
            if wrong:
                raise ValueError(wrong)
        for number, (animal, points) in enumerate(animals.items()):
            where = {
                name: (point.x / 100 * point.size[0] + offset, point.y / 100 * point.size[1] + offset)
                for name, point in points.items()
            }
            if marked.predicted:
                self.predictions.extend(_predicted(place, number, animal, where, points, marked.score))
                continue
            for name in self.keypoints[animal == UNIQUE]:
                x, y = where.get(name, (float("nan"), float("nan")))
                seen = "visible" if name in where else "unlabelled"
                told = (marked.annotator, place.image, self.name, row, marked.set_at)
                self.labels.append((place.video, place.frame, animal, name, x, y, seen, *told))


def _predicted(
    place: Place, number: int, animal: str, where: dict, points: dict[str, Region], score: float | None
) -> Iterator[tuple]:
    """Yield the rows of a predicted animal; a point without a score of its own has that of all, or else 1."""
    name = "" if animal in (SINGLE_ANIMAL, UNIQUE) else animal
    for keypoint, (x, y) in where.items():
        own = points[keypoint].score
        confidence = own if own is not None else 1.0 if score is None else score
        yield place.video, place.frame, -1 if animal == UNIQUE else number, name, keypoint, x, y, confidence
