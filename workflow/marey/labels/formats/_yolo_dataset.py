"""A data set of Ultralytics YOLO pose: what its YAML file says, and where its images and labels lie."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from marey.labels.heads import IMAGE_SUFFIXES, read_head
from marey.labels.names import clean_name, name_faults
from marey.labels.stored import stored_parts
from marey.labels.summaries import summarise
from marey.labels.yaml_files import read_yaml

SUFFIXES = (".yaml", ".yml")
SPLITS = ("train", "val", "test")
KEYPOINT_NAMES = ("kpt_names", "keypoint_names", "keypoints")  # the first as Ultralytics has it


class DataSet(NamedTuple):
    """What a YAML file says; all folders as written."""

    file: Path
    root: str
    splits: dict[str, list[str]]
    keypoints: list[str]
    values: int  # of a point: x and y, and with 3 its visibility
    classes: dict[int, str]  # {}: not said


class Labelled(NamedTuple):
    """A label file and its image, which need not be there."""

    labels: Path
    image: Path


def find_yaml(path: Path) -> Path | None:
    """Return the YAML file of a data set: `path` itself, or the only one of that folder."""
    if path.is_dir():
        found = [child for child in sorted(path.iterdir()) if child.suffix.lower() in SUFFIXES and find_yaml(child)]
        return found[0] if found else None
    known = path.suffix.lower() in SUFFIXES and path.is_file() and b"kpt_shape" in read_head(path)
    return path if known else None


def read_data_set(file: Path) -> DataSet:
    """Read what a YAML file says of keypoints and folders; ValueError names what is wrong."""
    said = summarise(file, _read)
    if said["fault"]:
        raise ValueError(said["fault"])
    classes = {int(number): name for number, name in said["classes"]}
    return DataSet(file, said["root"], said["splits"], said["keypoints"], said["values"], classes)


def _read(file: Path) -> dict:
    try:
        return {"fault": "", **_checked(read_yaml(file))}
    except (ValueError, OSError) as error:
        return {"fault": str(error)}


def _checked(data: object) -> dict:
    if not isinstance(data, dict):
        raise ValueError("expected keys and values, as kpt_shape, train and val")
    shape = data.get("kpt_shape")
    whole = isinstance(shape, list) and len(shape) == 2 and all(type(number) is int for number in shape)
    if not whole or shape[0] < 1 or shape[1] not in (2, 3):
        raise ValueError(f"kpt_shape is {shape!r}; expected [number of keypoints, 2 or 3]")
    splits = {name: [data[name]] if isinstance(data[name], str) else data[name] for name in SPLITS if data.get(name)}
    for name, folders in splits.items():
        if not isinstance(folders, list) or not all(isinstance(folder, str) for folder in folders):
            raise ValueError(f"{name} is {folders!r}; expected a folder, or a list of them")
    return {
        "root": str(data.get("path") or ""),
        "splits": splits,
        "keypoints": _keypoints(data, shape[0]),
        "values": shape[1],
        "classes": [[number, str(name)] for number, name in _numbered(data.get("names"))],
    }


def _numbered(names: object) -> list[tuple[int, object]]:
    if isinstance(names, dict):
        return [(number, name) for number, name in names.items() if type(number) is int]
    return list(enumerate(names)) if isinstance(names, list) else []


def _keypoints(data: dict, count: int) -> list[str]:
    """Return the names of the keypoints; without any, keypoint1, keypoint2, ..."""
    for key in KEYPOINT_NAMES:
        names = data.get(key)
        if isinstance(names, dict):  # of each class, or by number
            names = next((of for of in names.values() if isinstance(of, list)), [*names.values()])
        if not names:
            continue
        if not isinstance(names, list):
            raise ValueError(f"{key} is {names!r}; expected a list of names")
        if len(names) != count:
            raise ValueError(f"{key} names {len(names)} keypoints, but kpt_shape says {count}")
        names = [clean_name(str(name)) for name in names]
        if name_faults(names):
            raise ValueError(f"{key}: {name_faults(names)[0]}")
        return names
    return [f"keypoint{number}" for number in range(1, count + 1)]


def list_labels(data: DataSet) -> tuple[list[Labelled], list[str], list[str]]:
    """List the label files of all parts, each with its image; also what is missing, and what images have no labels."""
    found: dict[Path, Path] = {}
    missing, bare = [], []
    for name, folders in data.splits.items():
        for stored in folders:
            place = _find(stored, data)
            if place is None:
                missing.append(
                    f"{name}: '{stored}' is not there; put it beside {data.file.name}, or take it out of there"
                )
            elif place.is_dir():
                found |= _of_folder(place, bare)
            else:
                found |= _of_list(place, bare)
    return [Labelled(labels, image) for labels, image in sorted(found.items())], missing, bare


def _find(stored: str, data: DataSet) -> Path | None:
    """Find a folder or list of images: by as much of its path as there is, below `path` or beside the YAML file."""
    parts = stored_parts(stored)
    beside = data.file.parent
    for start in range(len(parts)):
        for root in (beside.joinpath(*stored_parts(data.root)), beside):
            path = root.joinpath(*parts[start:])
            if path.is_dir() or (path.suffix == ".txt" and path.is_file()):
                return path
    return None


def _of_folder(images: Path, bare: list[str]) -> dict[Path, Path]:
    """Pair the label files of a folder with the images: labels lie in `labels`, where images lie in `images`."""
    shown = {path.relative_to(images).with_suffix(""): path for path in sorted(images.rglob("*")) if _is_image(path)}
    folder = _labels_of(images)
    labels = {
        path.relative_to(folder).with_suffix(""): path for path in folder.rglob("*.txt") if path.name != "classes.txt"
    }
    bare += [str(path) for name, path in shown.items() if name not in labels]
    return {path: shown.get(name, images / name.with_suffix(".jpg")) for name, path in labels.items()}


def _of_list(list_file: Path, bare: list[str]) -> dict[Path, Path]:
    """Pair the images that a text file lists, one a line, with their labels."""
    found = {}
    for line in list_file.read_text(encoding="utf-8", errors="replace").splitlines():
        parts = stored_parts(line.strip())
        if parts:
            paths = [list_file.parent.joinpath(*parts[start:]) for start in range(len(parts))]
            image = next((path for path in paths if path.is_file()), paths[0])
            labels = _labels_of(image).with_suffix(".txt")
            found |= {labels: image} if labels.is_file() else {}
            bare += [] if labels.is_file() else [str(image)]
    return found


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in IMAGE_SUFFIXES | {".webp"}


def _labels_of(path: Path) -> Path:
    """Return where the labels of an image, or of a folder of them, lie."""
    parts = list(path.parts)
    at = next((at for at in range(len(parts) - 1, -1, -1) if parts[at] == "images"), None)
    return path if at is None else Path(*parts[:at], "labels", *parts[at + 1 :])


def lines_of(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines of a label file that hold anything, by their numbers from 1; # begins a comment."""
    for number, line in enumerate(path.read_text(encoding="utf-8-sig", errors="replace").splitlines(), start=1):
        cells = line.partition("#")[0].split()
        if cells:
            yield number, cells
