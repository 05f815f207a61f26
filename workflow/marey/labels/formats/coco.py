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
from pathlib import Path

from marey.labels.formats._coco_animals import Animals
from marey.labels.formats._coco_file import LISTS, UNIQUE, File, identity_of, images_of, is_labelled, open_coco
from marey.labels.formats._json_file import outline
from marey.labels.reading import Contents, Description, Fault, Source, pixel_offset
from marey.labels.stored import place_images, stored_parts
from marey.labels.summaries import summarise

EXPECTED = "a file of COCO keypoints (`.json`)"
PIXELS = "centre"
LIMITS = (
    "Cannot say that a point is absent, nor who set it. Left out: boxes, areas, segmentations, names of categories, "
    "crowds, annotations without keypoints, the position of points of visibility 0."
)


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
    unique = {str(number) for number, category in file.categories.items() if category.name == UNIQUE}
    used, scored, animals = set(), set(), {}
    shown: Counter[str] = Counter()
    predicted = None
    for item in file.annotations():
        if not isinstance(item, dict) or not is_labelled(item):
            continue
        category, image = str(item.get("category_id")), str(item.get("image_id"))
        used.add(category)
        shown[image] += category not in unique
        animals[identity_of(item)] = None
        if "score" in item:
            scored.add(image)
        predicted = predicted is not False and "score" in item
    chosen = [category for number, category in file.categories.items() if str(number) in used]
    edges = {tuple(edge): list(edge) for category in chosen for edge in category.edges}
    return {
        "keypoints": list(dict.fromkeys(name for category in chosen for name in category.keypoints)) or None,
        "skeleton": list(edges.values()) or None,
        "individuals": list(filter(None, animals)) or None,
        "unique": [name for category in chosen if category.name == UNIQUE for name in category.keypoints],
        "several": max(shown.values(), default=0) > 1,
        "predicted": bool(predicted),
        "predicted_images": _predicted_images(file, scored),
    }


def _predicted_images(file: File, scored: set[str]) -> list[str]:
    """Name one image of each folder of which there are predictions: folders are videos."""
    names = (item["file_name"] for item in file.images if isinstance(item, dict) and str(item.get("id")) in scored)
    return list({tuple(stored_parts(name)[:-1]): name for name in names if isinstance(name, str)}.values())


def read(source: Source) -> Contents:
    """Read labels and predictions; an annotation with a fault is in neither."""
    from marey.labels.points import as_labels

    try:
        file = open_coco(source.path)
    except ValueError as error:
        return Contents(as_labels(), [Fault(source.name, 0, "bad_file", str(error))])
    images, faults = images_of(file.images, source)
    animals = Animals(file, images, source.name)
    labels, predictions = animals.tables(pixel_offset(source, PIXELS))
    return Contents(labels, faults + animals.faults, predictions, file.left_out + animals.left_out())
