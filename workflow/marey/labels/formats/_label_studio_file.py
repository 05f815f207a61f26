"""What a file of Label Studio holds, in either of its JSON forms: tasks, and who marked what in them when."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import unquote

from marey.labels.formats._json_file import ITEMS, WHOLE, number_of, outline, stream
from marey.labels.heads import IMAGE_SUFFIXES
from marey.labels.names import clean_name, name_fault
from marey.labels.stored import stored_parts

KEYPOINTS, BOXES = ("keypointlabels", "keypoint"), ("rectanglelabels", "rectangle")
_LABELS = {*KEYPOINTS, *BOXES, "labels"}
DONE = ("annotations", "completions")  # the latter: up to version 1.0


class Region(NamedTuple):
    """A point or a box that was marked. `x` and `y` are per cent of the image's width and height."""

    name: str
    x: float
    y: float
    size: tuple[float, float]  # (width, height) of the image, px
    number: str  # of this mark, to which others refer
    parent: str  # number of the mark that it is a part of; "" where that is not said
    score: float | None


class Marked(NamedTuple):
    """What one person or one network marked in one image."""

    annotator: str
    set_at: datetime | None
    predicted: bool
    score: float | None
    points: list[Region]
    boxes: list[Region]


class Task(NamedTuple):
    """An image and all that was marked in it."""

    row: int  # number of the task, from 1
    image: str  # as stored: a path or a URL
    marked: list[Marked]
    faults: list[str]


def read_tasks(path: Path, left_out: Counter[str]) -> Iterator[Task]:
    """Read tasks, one after the other; what is left out is counted. Raises ValueError where the file is broken."""
    seen = outline(path)
    entries = stream(path, ITEMS if seen and seen.is_list else WHOLE)
    return (_task(row, entry, left_out) for row, entry in enumerate(entries, start=1))


def _task(row: int, entry: object, left_out: Counter[str]) -> Task:
    if not isinstance(entry, dict):
        return Task(row, "", [], [f"[{row - 1}]: expected a task, an object with data and annotations"])
    try:
        image = _image(entry)
    except ValueError as error:
        return Task(row, "", [], [f"[{row - 1}]: {error}"])
    marked, faults = [], []
    for place, item, predicted in _answers(entry):
        try:
            if not isinstance(item, dict) or not isinstance(item.get("result"), list):
                raise ValueError("expected an object with a list `result`")
            if item.get("was_cancelled"):
                left_out["skipped annotations"] += 1
            else:
                marked.append(_marked(item, predicted, left_out))
        except ValueError as error:
            faults.append(f"[{row - 1}].{place}: {error}")
    drafts = entry.get("drafts")
    left_out["drafts"] += len(drafts) if isinstance(drafts, list) else 0
    return Task(row, image, marked, faults)


def _image(entry: Mapping) -> str:
    """Return the image of a task: of its data, or with the name under which it came."""
    data = entry.get("data", entry)
    meta = entry.get("meta")
    original = meta.get("original_file") if isinstance(meta, dict) else None
    values = [value for value in (data.values() if isinstance(data, dict) else []) if isinstance(value, str)]
    for value in (original, *values, entry.get("file_upload")):
        path = unquote(value.rpartition("?d=")[2].partition("?")[0]) if isinstance(value, str) else ""
        if PurePosixPath((stored_parts(path) or [""])[-1]).suffix.lower() in IMAGE_SUFFIXES:
            return path
    raise ValueError("names no image in its `data`; export the project again, as JSON")


def _answers(entry: Mapping) -> Iterator[tuple[str, object, bool]]:
    """Yield the place and content of each answer of a task, and whether a network gave it."""
    if "data" not in entry:
        yield "", _of_short_form(entry), False
        return
    for name in (*DONE, "predictions"):
        answers = entry.get(name) or []
        for at, answer in enumerate(answers if isinstance(answers, list) else [answers]):
            if isinstance(answer, dict):  # else: its number alone, as exports without predictions have
                yield f"{name}[{at}]", answer, name == "predictions"
            elif name in DONE:
                yield f"{name}[{at}]", answer, False


def _of_short_form(entry: Mapping) -> dict:
    """Turn an entry of JSON-MIN, where the marks of a task lie beside its image, into an answer."""
    lists = [value for value in entry.values() if isinstance(value, list)]
    marks = [mark for marks in lists for mark in marks if isinstance(mark, dict) and "x" in mark]
    result = [{**mark, "value": mark, "type": _kind_of(mark)} for mark in marks]
    return {**entry, "result": result, "completed_by": entry.get("annotator")}


def _kind_of(mark: Mapping) -> str:
    return next((name for name in (KEYPOINTS[0], BOXES[0]) if name in mark), "")


def _marked(item: Mapping, predicted: bool, left_out: Counter[str]) -> Marked:
    regions: dict[str, _Mark] = {}
    parents: dict[str, str] = {}
    for at, mark in enumerate(item["result"]):
        if not isinstance(mark, dict):
            raise ValueError(f"result[{at}]: expected an object")
        if mark.get("type") == "relation":
            parents[str(mark.get("from_id"))] = str(mark.get("to_id"))
        elif mark.get("type") in (*KEYPOINTS, *BOXES, "labels"):
            number = str(f"#{at}" if mark.get("id") is None else mark["id"])
            value, point = mark.get("value"), mark["type"] in KEYPOINTS
            new = _Mark(at, point, mark, value if isinstance(value, dict) else {})
            regions[number] = regions[number].with_more(new) if number in regions else new
        else:
            left_out[f"marks of type {mark.get('type') or 'unknown'}"] += 1
    read = {number: _region(number, mark, parents) for number, mark in regions.items()}
    by = item.get("completed_by")
    return Marked(
        annotator="" if predicted else _annotator(by),
        set_at=_time(item.get("updated_at") or item.get("created_at")),
        predicted=predicted,
        score=number_of(item["score"]) if predicted and item.get("score") is not None else None,
        points=[region for number, region in read.items() if regions[number].point],
        boxes=[region for number, region in read.items() if not regions[number].point],
    )


class _Mark(NamedTuple):
    """A point or a box as it stands: its place in the answer, whether it is a point, its keys and its value."""

    at: int
    point: bool
    keys: Mapping
    value: Mapping

    def with_more(self, other: "_Mark") -> "_Mark":
        """Return a mark with what another entry of the same number says: its label may stand in one of its own."""
        return _Mark(self.at, self.point or other.point, self.keys | other.keys, self.value | other.value)


def _region(number: str, mark: _Mark, parents: Mapping[str, str]) -> Region:
    value, keys = mark.value, mark.keys
    labels = [label for key, of in value.items() if key in _LABELS for label in _texts(of)]
    try:
        if len(labels) != 1:
            raise ValueError(f"{len(labels)} labels, expected one")
        name = clean_name(labels[0])
        if name_fault(name):
            raise ValueError(name_fault(name))
        if keys.get("image_rotation"):
            raise ValueError("the image was turned while it was labelled; turn it back in Label Studio")
        size = number_of(keys.get("original_width")), number_of(keys.get("original_height"))
        if min(size) <= 0:
            raise ValueError(f"original_width and original_height are {size[0]:g} and {size[1]:g}")
        score = keys.get("score")
        return Region(
            name,
            number_of(value.get("x")),
            number_of(value.get("y")),
            size,
            number,
            str(keys.get("parentID") or parents.get(number, "")),
            None if score is None else number_of(score),
        )
    except ValueError as error:
        raise ValueError(f"result[{mark.at}]: {error}") from None


def _texts(value: object) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _annotator(value: object) -> str:
    """Name who completed an annotation: by email, or else by number."""
    if isinstance(value, dict):
        value = value.get("email") or value.get("username") or value.get("id")
    name = f"user {value}" if isinstance(value, int) and not isinstance(value, bool) else clean_name(str(value or ""))
    return "" if name_fault(name) else name


def _time(value: object) -> datetime | None:
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return time if time is None or time.tzinfo else None
