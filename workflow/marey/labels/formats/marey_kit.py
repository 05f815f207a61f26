"""What Marey's labelling kits export: one JSON a person and kit, or a folder of them, in Marey's pixels.

Of several exports of one kit by one person the latest holds; the others are left as they are. `row` is the place of a
point in the list `points`, from 1. Labels of several people stay apart, under their names. Each frame says which image
was labelled; labels of frames that show another one now are left out.
"""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from marey.labels.heads import read_head
from marey.labels.names import clean_name, name_fault
from marey.labels.reading import Contents, Description, Fault, Shown, Source, pixel_offset, relative
from marey.labels.summaries import summarise

EXPECTED = "a labelling kit's export (`.json`), or a folder of them"
PIXELS = "corner"
LIMITS = "Nothing is left out."
SCHEMA = Path(__file__).parents[3] / "schemas" / "kit_export.schema.json"
MARK, SUFFIX = b'"marey-kit-export"', ".kit.json"
KEYS = {"video", "frame", "individual", "keypoint", "x", "y", "visibility", "origin", "time"}
MAX_FRAME = 2**53
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", re.ASCII)


def recognises(path: Path) -> bool:
    """Return whether `path` is an export of a kit, or a folder that holds one."""
    if path.is_dir():
        return any(map(recognises, _json_files(path)))
    return path.is_file() and path.suffix.lower() == ".json" and (path.name.endswith(SUFFIX) or MARK in read_head(path))


def inputs(path: Path) -> list[Path]:
    """Return the export, or all JSON files of the folder."""
    return _json_files(path) if path.is_dir() else [path]


def describe(source: Source) -> Description:
    """Return keypoints, individuals and videos of all exports that hold, and whether a frame shows several animals."""
    found = [summarise(path, _summary) for path in inputs(source.path)]
    latest = sorted(_latest({str(n): item for n, item in enumerate(found) if item}).values(), key=_when, reverse=True)
    if not latest:
        return Description()  # damaged: `read` says how
    return Description(
        keypoints=latest[0]["keypoints"],
        individuals=list(dict.fromkeys(name for item in latest for name in item["individuals"])),
        several=any(item["several"] for item in latest),
        videos=sorted({source.videos.get(video, video) for item in latest for video in item["videos"]}),
    )


def read(source: Source) -> Contents:
    """Read the points of the latest export of each kit and person."""
    from marey.labels.points import as_labels

    exports, faults, left_out = {}, [], []
    for path in inputs(source.path):
        name = relative(path, source.data)
        try:
            exports[name] = _load(path)
            faults += [Fault(name, 0, "bad_file", fault) for fault in _schema_faults(exports[name])]
        except ValueError as error:
            faults.append(Fault(name, 0, "bad_file", str(error)))
    faulty = {fault.source for fault in faults}
    sound = {name: export for name, export in exports.items() if name not in faulty}
    latest, rows, shown = _latest(sound), [], {}
    by_kit = {_kit(export): (name, export) for name, export in latest.items()}
    for name, export in sound.items():
        if name in latest:
            found, wrong = _points(export, name, source)
            rows += found
            shown |= _shown(export, name, source)
            faults += wrong
        else:
            left_out.append(_superseded(name, export, *by_kit[_kit(export)]))
    if source.path.is_dir():
        others = sorted(path.name for path in source.path.iterdir() if path.suffix != ".json")
        left_out += [f"{name}, which is no export of a kit" for name in others if not name.startswith(".")]
    return Contents(as_labels(rows), faults, left_out=left_out, shown=shown)


def _json_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.json") if not path.name.startswith("."))


def _when(export: dict) -> str:
    return export["exported"]


def _kit(export: dict) -> tuple[str, str]:
    return export["kit"], export["annotator"]


def _shown(export: dict, name: str, source: Source) -> dict[tuple[str, str, int], Shown]:
    """Return the frames of an export as they were when the kit was made."""
    by = f"kit {export['kit']}, labelled by {export['annotator'] or 'somebody'}"
    return {
        (name, source.videos.get(frame["video"], frame["video"]), frame["frame"]): Shown(
            by, *(frame[key] for key in ("width", "height", "sha256")), frame.get("fingerprint", "")
        )
        for frame in export["frames"]
    }


def _superseded(name: str, export: dict, later_name: str, later: dict) -> str:
    """Say that there is a later export, and how many points are in the earlier one alone: made on another computer?"""
    keys = ("video", "frame", "individual", "keypoint")
    known = {tuple(map(point.get, keys)) for point in [*later["points"], *later["deleted"]] if isinstance(point, dict)}
    alone = [
        point for point in export["points"] if isinstance(point, dict) and tuple(map(point.get, keys)) not in known
    ]
    more = f"; {len(alone)} of its points are not in that one" if alone else ""
    return f"{name}, of which {later_name} is a later export{more}"


def _latest(exports: dict[str, dict]) -> dict[str, dict]:
    """Keep the latest export of each kit and person; of two that say the same time, the last by name."""
    kept: dict[tuple, str] = {}
    for name in sorted(exports, key=lambda name: (_when(exports[name]), name)):
        kept[_kit(exports[name])] = name
    return {name: exports[name] for name in kept.values()}


def _summary(path: Path) -> dict:
    """Say what `describe` and the choice of the latest export need; {} of a file that is faulty as a whole."""
    try:
        export = _load(path)
        named = export["points"]
        shown = {(point["video"], point["frame"], point["individual"]) for point in named if point["x"] is not None}
        return {
            **{key: clean_name(export[key]) for key in ("kit", "annotator", "exported")},
            **{key: list(map(clean_name, export[key])) for key in ("keypoints", "individuals")},
            "videos": sorted({point["video"] for point in named}),
            "several": len({place[:2] for place in shown}) < len(shown),
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def _load(path: Path) -> dict:
    """Read a file; ValueError, which says what is wrong, where it is no whole export of a kit."""

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is no number")

    try:
        export = json.loads(path.read_bytes().decode("utf-8-sig"), parse_constant=refuse)
    except RecursionError:
        raise ValueError("not an export of a labelling kit") from None
    except ValueError as error:
        raise ValueError(f"not a whole JSON file ({error}); export it from the kit again") from None
    if not isinstance(export, dict) or export.get("format") != "marey-kit-export":
        raise ValueError("not an export of a labelling kit; name it as a source of its own, or take it out of here")
    return export


def _schema_faults(export: dict) -> list[str]:
    """List what of an export is not as its schema says; of each point that is wrong, `_points` says so."""
    points = export.get("points")
    whole = {**export, "points": []} if isinstance(points, list) else export
    errors = _validator().iter_errors(whole)
    return [f"{_path(error.absolute_path).lstrip('.') or 'the file'}: {error.message}" for error in errors]


def _validator(part: str = ""):
    from jsonschema import Draft202012Validator

    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    if part:
        schema = {**schema["properties"][part]["items"], "$defs": schema["$defs"]}
    return Draft202012Validator(schema)


def _path(parts) -> str:
    """Return a place in JSON, as `.frames[3].sha256`; "" for all of it."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)


def _points(export: dict, name: str, source: Source) -> tuple[list[tuple], list[Fault]]:
    """Return rows of the table `labels`, and faults of the points that are not among them."""
    sizes = {(frame["video"], frame["frame"]): (frame["width"], frame["height"]) for frame in export["frames"]}
    known, offset, judge = (set(export["individuals"]), set(export["keypoints"])), pixel_offset(source, PIXELS), None
    rows, faults, first = [], [], {}
    annotator = clean_name(export["annotator"])
    for number, point in enumerate(export["points"]):
        wrong = []
        if not _is_plain(point):
            judge = judge or _validator("points")
            wrong = [f"{_path(error.absolute_path)}: {error.message}" for error in judge.iter_errors(point)]
        wrong = wrong or list(_misfits(point, sizes, *known))
        if not wrong:
            place = point["video"], point["frame"], point["individual"], point["keypoint"]
            if first.setdefault(place, number) != number:
                wrong = [f": {point['individual']}/{point['keypoint']} is set before, in points[{first[place]}]"]
        if wrong:
            detail = f"points[{number}]{wrong[0]}; export it from the kit again"
            faults.append(Fault(name, number + 1, "bad_row", detail))
            continue
        there = point["visibility"] != "absent"
        x, y = (point["x"] + offset, point["y"] + offset) if there else (None, None)
        names = clean_name(point["individual"]), clean_name(point["keypoint"])
        video = source.videos.get(point["video"], point["video"])
        place, set_at = (video, int(point["frame"]), *names), datetime.fromisoformat(point["time"])
        rows.append((*place, x, y, point["visibility"], annotator, "", name, number + 1, set_at))
    return rows, faults


def _is_plain(point: object) -> bool:
    """Return whether a point is as the schema says: quick, and strict, so that few are left to the schema itself."""
    if not isinstance(point, dict) or point.keys() != KEYS:
        return False
    absent = point["visibility"] == "absent"
    return (
        all(type(point[key]) is str and 0 < len(point[key]) <= 100 for key in ("video", "individual", "keypoint"))
        and type(point["frame"]) is int
        and 0 <= point["frame"] < MAX_FRAME
        and all(point[axis] is None if absent else type(point[axis]) in (int, float) for axis in "xy")
        and (absent or min(point["x"], point["y"]) >= 0)
        and point["visibility"] in ("visible", "occluded", "absent")
        and point["origin"] in ("placed", "copied", "confirmed", "moved")
        and type(point["time"]) is str
        and bool(_TIME.fullmatch(point["time"]))
    )


def _misfits(point: dict, sizes: dict, individuals: set, keypoints: set) -> Iterator[str]:
    """Say what of a point does not fit what else its file says."""
    if (point["video"], point["frame"]) not in sizes:
        yield f".frame: {point['frame']} of '{point['video']}' is not among `frames`"
        return
    try:
        datetime.fromisoformat(point["time"])
    except ValueError:
        yield f".time: '{point['time']}' is no time"
    for key, names in (("individual", individuals), ("keypoint", keypoints)):
        if point[key] not in names:
            yield f".{key}: '{point[key]}' is not among `{key}s`"
        if name_fault(clean_name(point[key])):
            yield f".{key}: {name_fault(clean_name(point[key]))}"
    if point["visibility"] != "absent":
        for axis, most in zip("xy", sizes[point["video"], point["frame"]], strict=True):
            if point[axis] > most:
                yield f".{axis}: {point[axis]} is outside of the frame, which is {most} px there"
