"""A file of COCO keypoints as it stands: its lists, the categories checked."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from marey.labels.formats._json_file import members, stream
from marey.labels.formats._stills import other_size
from marey.labels.names import clean_name, name_fault, name_faults
from marey.labels.reading import Fault, Source
from marey.labels.stored import Place, place_images

LISTS = ("images", "annotations", "categories")
IMAGE = ("id", "file_name", "width", "height")
IDENTITIES = ("individual", "track_id", "instance_id", "object_id")
UNIQUE = "unique"  # the category that Marey gives to what belongs to no animal


class Category(NamedTuple):
    """A kind of animal."""

    name: str
    keypoints: list[str]
    edges: list[tuple[str, str]]


class File(NamedTuple):
    """A file as it stands, its annotations unread; the categories are checked, by their ids."""

    path: Path
    images: list  # of what is an object, the keys of IMAGE
    categories: dict[object, Category]
    left_out: list[str]

    def annotations(self) -> Iterator[object]:
        """Read the annotations, one after the other."""
        return stream(self.path, "annotations.item")


def open_coco(path: Path) -> File:
    """Read all but the annotations; ValueError says what is wrong with a file as a whole."""
    there = members(path)
    if there is None:
        raise ValueError("expected an object with the lists images, annotations and categories")
    missing = [name for name in LISTS if name not in there]
    if missing:
        raise ValueError(f"lacks {' and '.join(missing)}; expected {', '.join(LISTS)}: export the file again")
    other = next((name for name in LISTS if not there[name]), None)
    if other:
        raise ValueError(f"'{other}' is no list; export the file again")
    images = [_known(item) for item in stream(path, "images.item")]
    left_out = [f"`{name}`" for name in there if name not in {*LISTS, "info", "licenses"}]
    return File(path, images, _categories(stream(path, "categories.item")), left_out)


def _known(item: object) -> object:
    return {name: item.get(name) for name in IMAGE} if isinstance(item, dict) else item


def _categories(items: Iterator) -> dict[object, Category]:
    found: dict[object, Category] = {}
    for at, item in enumerate(items):
        place = f"categories[{at}]"
        if not isinstance(item, dict) or not isinstance(item.get("id"), int | str):
            raise ValueError(f"{place}: expected an object with an id")
        names = item.get("keypoints") or []
        if not isinstance(names, list):
            raise ValueError(f"{place}.keypoints is no list of names")
        names = [clean_name(str(name)) for name in names]
        wrong = name_faults(names)
        if wrong:
            raise ValueError(f"{place}.keypoints: {wrong[0]}")
        if item["id"] in found:
            raise ValueError(f"{place}: the id {item['id']!r} was there before; give each category its own")
        category = Category(clean_name(str(item.get("name", item["id"]))), names, _edges(item.get("skeleton"), names))
        found[item["id"]] = category
    return found


def _edges(pairs: object, names: list[str]) -> list[tuple[str, str]]:
    """Read the lines of a skeleton, which count keypoints from 1, or from 0 where a 0 is among them."""
    try:
        numbers = [(int(source), int(target)) for source, target in pairs or []]
    except (TypeError, ValueError, OverflowError):
        return []
    first = 0 if any(0 in pair for pair in numbers) else 1
    if any(not 0 <= end - first < len(names) for pair in numbers for end in pair):
        return []
    return [(names[source - first], names[target - first]) for source, target in numbers]


def is_labelled(item: dict) -> bool:
    return bool(item.get("keypoints")) and not item.get("iscrowd")


def identity_of(item: Mapping) -> str:
    """Return the name of the individual that an annotation is of; "" where none is said."""
    attributes = item.get("attributes")
    for holder in (item, attributes if isinstance(attributes, dict) else {}):
        for name in IDENTITIES:
            value = holder.get(name)
            if isinstance(value, int) and not isinstance(value, bool):
                return f"track{value}"
            if isinstance(value, str) and clean_name(value) and not name_fault(clean_name(value)):
                return clean_name(value)
    return ""


def images_of(items: list, source: Source) -> tuple[dict[object, Place | str], list[Fault]]:
    """Return by the ids of images the place of each, or why it has none."""
    names: dict[object, str] = {}
    wrong: dict[object, str] = {}
    faults = []
    for at, item in enumerate(items):
        name = item.get("file_name") if isinstance(item, dict) else None
        number = item.get("id") if isinstance(item, dict) else None
        if not isinstance(name, str) or not name.strip() or type(number) not in (int, str):
            detail = f"images[{at}]: expected an object with an id and a file_name; complete it or delete it"
            faults.append(Fault(source.name, 0, "bad_row", detail))
        elif names.setdefault(number, name) != name:
            wrong[number] = f"image_id {number!r} is both {names[number]} and {name}; give each image an id of its own"
    places, unsure = place_images(names.values(), source)
    first: dict[str, object] = {}
    for number, name in names.items():
        if first.setdefault(name, number) != number:
            wrong[number] = f"{name} is image {first[name]!r} and image {number!r}; keep one of the two in `images`"
    for item in items:
        number = item.get("id") if isinstance(item, dict) else None
        if type(number) in (int, str) and names.get(number) in places:
            said = other_size(source.data / places[names[number]].image, (item.get("width"), item.get("height")))
            wrong |= {number: said} if said else {}
    return {number: wrong.get(number) or places.get(name) or unsure[name] for number, name in names.items()}, faults
