"""COCO keypoints: one JSON with `images`, `annotations` and `categories`, as COCO, AP-10K and many tools write it.

Pixels: there is no standard. The middle of the first pixel counts as (0, 0), as in COCO's own labels; `pixels: corner`
says otherwise.

Visibility: 2 is visible, 1 occluded, 0 unlabelled, wherever it lies. A file that knows no 2 only tells 0 from 1, so
that 1 is visible there. An animal with an `individual`, `track_id`, `instance_id` or `object_id`, also among
`attributes`, is one individual of that name or number. Those without are animal1, animal2, ... in the order of their
image. An annotation with a `score` is a prediction; its points have the `keypoint_scores` where those are there. `row`
is the number of an annotation in its list, from 1.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from marey.labels.formats._coco_file import (
    LISTS,
    UNIQUE,
    Category,
    File,
    identity_of,
    images_of,
    is_labelled,
    open_coco,
)
from marey.labels.formats._deeplabcut_grid import SINGLE_ANIMAL
from marey.labels.formats._json_file import number_of, outline
from marey.labels.reading import Contents, Description, Fault, Source, pixel_offset
from marey.labels.stored import Place, place_images, stored_parts
from marey.labels.summaries import summarise

EXPECTED = "a file of COCO keypoints (`.json`)"
PIXELS = "centre"
LIMITS = (
    "Cannot say that a point is absent, nor who set it. Left out: boxes, areas, segmentations, names of categories, "
    "crowds, annotations without keypoints, the position of points of visibility 0."
)
VISIBILITIES = (0, 1, 2)


def recognises(path: Path) -> bool:
    """Return whether `path` is a JSON object with two of COCO's lists, or one of them with what COCO has in it."""
    seen = outline(path)
    if seen is None or seen.is_list:
        return False
    known = seen.first & {*LISTS}
    return len(known) > 1 or bool(known and seen.second & {"file_name", "image_id", "supercategory"})


def inputs(path: Path) -> list[Path]:
    """Return the file itself."""
    return [path]


def describe(source: Source) -> Description:
    """Return keypoints and skeleton of the categories that are used, and whether an image shows several animals."""
    found = dict(summarise(source.path, _summary))
    places = place_images(found.pop("predicted_images", []), source)[0]
    return Description(**found, predicted_videos=sorted({place.video for place in places.values()}))


def _summary(path: Path) -> dict:
    file = open_coco(path)
    labelled = list(_labelled(file))
    used = {str(item.get("category_id")) for item in labelled}
    chosen = [category for number, category in file.categories.items() if str(number) in used]
    unique = {str(number) for number, category in file.categories.items() if category.name == UNIQUE}
    shown = Counter(str(item.get("image_id")) for item in labelled if str(item.get("category_id")) not in unique)
    edges = {tuple(edge): list(edge) for category in chosen for edge in category.edges}
    return {
        "keypoints": list(dict.fromkeys(name for category in chosen for name in category.keypoints)) or None,
        "skeleton": list(edges.values()) or None,
        "individuals": list(dict.fromkeys(filter(None, map(identity_of, labelled)))) or None,
        "unique": [name for category in chosen if category.name == UNIQUE for name in category.keypoints],
        "several": max(shown.values(), default=0) > 1,
        "predicted": bool(labelled) and all("score" in item for item in labelled),
        "predicted_images": _predicted_images(file, labelled),
    }


def _predicted_images(file: File, labelled: list[dict]) -> list[str]:
    """Name one image of each folder of which there are predictions: folders are videos."""
    scored = {str(item.get("image_id")) for item in labelled if "score" in item}
    names = (item["file_name"] for item in file.images if isinstance(item, dict) and str(item.get("id")) in scored)
    return list({tuple(stored_parts(name)[:-1]): name for name in names if isinstance(name, str)}.values())


def read(source: Source) -> Contents:
    """Read labels and predictions; an annotation with a fault is in neither."""
    from marey.labels.points import as_labels, as_predictions

    try:
        file = open_coco(source.path)
    except ValueError as error:
        return Contents(as_labels(), [Fault(source.name, 0, "bad_file", str(error))])
    images, faults = images_of(file.images, source)
    animals, left_out, found = _animals(file, images, source.name)
    faults += found
    offset = pixel_offset(source, PIXELS)
    several = max((animal.number for animal in animals), default=0) > 0
    labels, predictions = [], []
    for animal in animals:
        if animal.scores:
            predictions += _predicted_rows(animal, offset)
        else:
            labels += _label_rows(animal, offset, source.name, several=several)
    return Contents(as_labels(labels), faults, as_predictions(predictions), file.left_out + left_out)


class Animal(NamedTuple):
    """An annotation: an animal in an image."""

    row: int
    place: Place
    number: int  # within its image, from 0, of the predictions or of the labels without identity; -1: other
    identity: str
    scores: list[float]  # of the points of a prediction; none of a label
    category: Category
    points: list[tuple[float, float, str]]  # x, y as in the file, and the visibility


def _animals(file: File, images: Mapping, name: str) -> tuple[list[Animal], list[str], list[Fault]]:
    """Read all annotations; return them, what was left out, and what is wrong with others."""
    animals, faults, seen = [], [], {}
    ternary = _has_twos(file.annotations)
    counts = {"crowds": 0, "annotations without keypoints": 0, "positions of points of visibility 0": 0}
    numbers: dict[tuple, int] = {}
    for row, item in enumerate(file.annotations, start=1):
        if isinstance(item, dict) and not is_labelled(item):
            counts["crowds" if item.get("iscrowd") else "annotations without keypoints"] += 1
            continue
        try:
            category, place = _belongs(item, file, images)
            _check_twice(item, seen)
            points, hidden = _points(item, category, ternary=ternary)
            scores = _scores(item, len(points))
        except ValueError as error:
            faults.append(Fault(name, row, "bad_row", f"annotations[{row - 1}]: {error}"))
            continue
        counts["positions of points of visibility 0"] += hidden
        if all(visibility == "unlabelled" for _, _, visibility in points):
            counts["annotations without keypoints"] += 1
            continue
        identity = identity_of(item)
        key = (place, bool(scores))
        nobody = category.name == UNIQUE if scores else bool(identity)
        number = -1 if nobody else numbers.get(key, 0)
        numbers[key] = max(numbers.get(key, 0), number + 1)
        animals.append(Animal(row, place, number, identity, scores, category, points))
    counts["images without annotated keypoints"] = len(
        {*map(str, images)} - {str(item.get("image_id")) for item in _labelled(file)}
    )
    left_out = [f"{count} {what}" for what, count in counts.items() if count]
    used = {animal.category.name for animal in animals}
    if len(used) > 1:
        left_out.append(f"which of {len(used)} categories an animal is of")
    if animals and not ternary:
        left_out.append("which points are occluded: no point has the visibility 2, so 1 is taken as visible")
    return animals, left_out, faults


def _labelled(file: File) -> Iterator[dict]:
    return (item for item in file.annotations if isinstance(item, dict) and is_labelled(item))


def _has_twos(annotations: list) -> bool:
    """Return whether any point of a file has the visibility 2; without it, 1 says visible."""
    lists = (item.get("keypoints") for item in annotations if isinstance(item, dict))
    return any(2 in values[2::3] for values in lists if isinstance(values, list))


def _belongs(item: object, file: File, images: Mapping) -> tuple[Category, Place]:
    """Find the category and the image of an annotation; ValueError where one is not known."""
    if not isinstance(item, dict):
        raise ValueError("expected an object with image_id, category_id and keypoints")
    for key, known, where in (("image_id", images, "images"), ("category_id", file.categories, "categories")):
        value = item.get(key)
        if not isinstance(value, int | str) or value not in known:
            raise ValueError(f"{key} {value!r} is not in `{where}`; add it there or delete the annotation")
    category, place = file.categories[item["category_id"]], images[item["image_id"]]
    if isinstance(place, str):
        raise ValueError(place)
    if not category.keypoints:
        raise ValueError(f"category '{category.name}' names no keypoints; list them under its `keypoints`")
    return category, place


def _check_twice(item: dict, seen: dict) -> None:
    """Raise ValueError where an annotation of the same id was in the same image before."""
    number = item.get("id")
    if number is not None and seen.setdefault((str(number), item["image_id"]), item) is not item:
        raise ValueError(f"id {number!r} was there before, in the same image; delete one of the two, or number it anew")


def _points(item: dict, category: Category, *, ternary: bool) -> tuple[list[tuple[float, float, str]], int]:
    """Read the points of an annotation; also how many have a position that does not count."""
    values, count = item["keypoints"], len(category.keypoints)
    if not isinstance(values, list) or len(values) != 3 * count:
        found = f"{len(values)} numbers" if isinstance(values, list) else "no list"
        raise ValueError(f"keypoints: {found}; expected x, y and visibility of {count} keypoints of '{category.name}'")
    points, hidden = [], 0
    for name, x, y, seen in zip(category.keypoints, values[::3], values[1::3], values[2::3], strict=True):
        try:
            if seen not in VISIBILITIES:
                raise ValueError(f"visibility {seen!r}, expected 0, 1 or 2")
            if seen:
                points.append((number_of(x), number_of(y), "visible" if seen == 2 or not ternary else "occluded"))
                continue
        except ValueError as error:
            raise ValueError(f"keypoint '{name}': {error}") from None
        hidden += bool(x or y)
        points.append((float("nan"), float("nan"), "unlabelled"))
    return points, hidden


def _scores(item: dict, count: int) -> list[float]:
    """Return the confidence of each point of a prediction, or that of all; none of a label."""
    if "score" not in item:
        return []
    of_all, of_each = number_of(item["score"]), item.get("keypoint_scores")
    if of_each is None:
        return [of_all] * count
    if not isinstance(of_each, list) or len(of_each) != count:
        raise ValueError(f"keypoint_scores: expected one for each of {count} keypoints")
    return [number_of(score) for score in of_each]


def _label_rows(animal: Animal, offset: float, source: str, *, several: bool) -> Iterator[tuple]:
    individual = animal.identity or (f"animal{animal.number + 1}" if several else SINGLE_ANIMAL)
    video, frame, image = animal.place
    for keypoint, (x, y, visibility) in zip(animal.category.keypoints, animal.points, strict=True):
        yield (video, frame, individual, keypoint, x + offset, y + offset, visibility, "", image, source, animal.row)


def _predicted_rows(animal: Animal, offset: float) -> Iterator[tuple]:
    video, frame, _ = animal.place
    points = zip(animal.category.keypoints, animal.points, animal.scores, strict=True)
    for keypoint, (x, y, visibility), score in points:
        if visibility != "unlabelled":
            yield video, frame, animal.number, animal.identity, keypoint, x + offset, y + offset, score
