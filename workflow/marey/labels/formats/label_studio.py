"""Label Studio: keypoints on images, exported as JSON or as JSON-MIN.

Pixels: positions are per cent of the image's width and height, which begin at its corner. The size is that of which the
file says that it was labelled; an image of another size is a fault.

Each keypoint is an animal's by its relation to a rectangle, whose label is the individual, or by having it as its
parent. What has no rectangle, where others have, belongs to no animal. Without rectangles there is one animal.
Every annotation of a task counts, each as its annotator's, at the time of its last change. Predictions of a network are
predictions, also beside annotations. `row` is the number of a task, from 1.
"""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from marey.labels.formats._json_file import outline
from marey.labels.formats._label_studio_answers import UNIQUE, Answers, animals_of
from marey.labels.formats._label_studio_file import read_tasks
from marey.labels.reading import Contents, Description, Fault, Source, pixel_offset
from marey.labels.stored import Place, place_images, stored_parts
from marey.labels.summaries import summarise

EXPECTED = "an export of Label Studio (`.json`)"
PIXELS = "corner"
LIMITS = (
    "Cannot say that a point is occluded or absent. Left out: sizes of points, boxes apart from their labels, choices, "
    "texts and other marks, drafts and skipped annotations."
)
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
    known: dict[str, set[str]] = {}
    several, predicted = False, None
    images: dict[tuple, str] = {}
    for task in read_tasks(path, Counter()):
        for marked in task.marked:
            animals = set()
            for point, animal in animals_of(marked):
                known.setdefault(point.name, set()).add(animal)
                animals.add(animal)
            several = several or len(animals - {UNIQUE}) > 1
            predicted = predicted is not False and marked.predicted
            if marked.predicted:
                images[tuple(stored_parts(task.image)[:-1])] = task.image
    return {
        "keypoints": list(known) or None,
        "individuals": sorted({animal for animals in known.values() for animal in animals}) or None,
        "unique": [name for name, animals in known.items() if animals == {UNIQUE}],
        "several": several,
        "predicted": bool(predicted),
        "predicted_images": list(images.values()),
    }


def read(source: Source) -> Contents:
    """Read labels and predictions; a task, or an annotation of it, with a fault is in neither."""
    from marey.labels.points import as_labels

    counts: Counter[str] = Counter()
    answers = Answers(source.name)
    try:
        for task in read_tasks(source.path, counts):
            answers.add(task)
    except ValueError as error:
        return Contents(as_labels(), [Fault(source.name, 0, "bad_file", str(error))])
    places, unsure = _places(answers.images, source)
    labels, predictions, faults = answers.tables(places, unsure, source.data, pixel_offset(source, PIXELS))
    left_out = [f"{count} {what}" for what, count in counts.items() if count]
    left_out += [f"{answers.empty} tasks that nobody has annotated"] if answers.empty else []
    return Contents(labels, faults, predictions, left_out)


def _places(names: Iterable[str], source: Source) -> tuple[dict[str, Place], dict[str, str]]:
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
