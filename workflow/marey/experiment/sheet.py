"""The videos of an experiment: a sheet, or what a folder, a glob or a file name gives.

Imported while Snakemake parses the workflow, in every job: nothing heavy is imported here.
"""

import glob
import re
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path

from marey.experiment.config import ConfigError, check_schema, schema, with_defaults
from marey.experiment.validation import column_faults
from marey.tables.text import TextError, read_rows
from marey.videos.names import video_id
from marey.videos.ranges import frame_range
from marey.videos.suffixes import CONTAINER_SUFFIXES

# Of the files of a folder, these count: all but sound and moving pictures of the web.
VIDEO_SUFFIXES = {f".{suffix}" for known in CONTAINER_SUFFIXES.values() for suffix in known} - {".gif", ".m4a"}
SHEET_SUFFIXES = {".csv", ".tsv", ".txt"}
NO_VIDEOS = "; or set `videos: []`, if there are only labels of single images"
SPREADSHEET_SUFFIXES = {".ods", ".xls", ".xlsx"}


def read_videos(config: dict) -> dict[str, dict]:
    """Read the videos of the experiment, by id: rows of the sheet, or what the folder, glob or file name gives.

    Raises ConfigError that lists every faulty row, or where there is no video, unless `videos` is empty.
    """
    data, place = Path(config["data"]), config["videos"]
    if not place:
        return {}
    suffix = Path(place).suffix.lower()
    if suffix in SPREADSHEET_SUFFIXES:
        raise ConfigError(f"config: videos: {data / place}: save this spreadsheet as .csv, and name that file here")
    row_schema = schema("videos")
    given = _sheet_rows(data, place, row_schema) if suffix in SHEET_SUFFIXES else _found_rows(data, place)
    rows, faults, first = {}, [], {}
    for where, row in given:
        found = [f"{where}: {row}"] if isinstance(row, str) else _row_faults(row, row_schema, data, where)
        # Without regard to case: on most laptops, results of `A` and `a` would be the same files.
        if not found and (name := row["video"].casefold()) in first:
            fix = "give one of them another name, in a sheet or by renaming its file"
            before, place = first[name]
            same = "" if before == row["video"] else f" as '{before}', but for capitals"
            found = [f"{where}: a second video named '{row['video']}'{same} (the first: {place}); {fix}"]
        faults += found
        if not found:
            first[name] = row["video"], where
            rows[row["video"]] = with_defaults(row, row_schema)
    if faults:
        raise ConfigError("\n".join(faults))
    if not rows:
        raise ConfigError(
            f"{data / place}: the sheet lists no videos. Write a line for each below the column names{NO_VIDEOS}"
        )
    return rows


def _row_faults(row: dict, row_schema: dict, data: Path, where: str) -> list[str]:
    """List what is wrong with the row of a video, wherever it comes from."""
    if row.get("video") == "":
        return [f"{where}: no letter or digit of ASCII is left for a name; rename the file, or name it in a sheet"]
    faults = path_faults(data / row.get("path", ""))
    if faults:
        return [f"{where}: {fault}" for fault in faults]
    try:
        check_schema(row, row_schema, where)
    except ConfigError as error:
        return str(error).splitlines()
    if found := re.search(r"(.+?)\1{19}$", row["video"]):
        fault = f"ends with '{found[1]}' 20 times or more, which Snakemake takes for a rule that never ends; shorten it"
        return [f"{where}: video: '{row['video']}' {fault}"]
    start, stop = frame_range(row.get("frames"))
    if stop is not None and start >= stop:
        return [f"{where}: frames: {row['frames']}: no frame lies between; expected start:stop"]
    return []


def path_faults(path: Path) -> list[str]:
    """List what the path of no input may hold: what Snakemake fills in, and characters that are no text."""
    name = str(path)
    if found := re.search(r"[{}<>]", name):
        return [f"path: '{name}': Snakemake takes '{found[0]}' for a placeholder; rename the file or folder"]
    if re.search(r"[\x00-\x1f\x7f\ud800-\udfff]", name):
        return [f"path: {name!a}: has characters that are no text; rename the file or folder"]
    return []


def _found_rows(data: Path, place: str) -> Iterator[tuple[str, dict]]:
    """Yield a row for each video that a folder, a file name or a glob gives, with where it comes from."""
    paths = [path for path in _found_paths(data, place) if not path.name.startswith(".")]
    if not paths:
        raise ConfigError(
            f"config: videos: {data / place}: no videos found there. Expected a sheet "
            f"({', '.join(sorted(SHEET_SUFFIXES))}), a folder of videos ({', '.join(sorted(VIDEO_SUFFIXES))}), a "
            f"pattern, or one file, relative to `data`{NO_VIDEOS}"
        )
    for path in sorted(paths):
        yield f"config: videos: {data / path}", {"video": video_id(path.stem), "path": path.as_posix()}


def _found_paths(data: Path, place: str) -> list[Path]:
    """List what may be a video, relative to `data`; a file or folder that there is comes before a glob."""
    if (data / place).is_dir():
        return [Path(place) / path.name for path in (data / place).iterdir() if path.suffix.lower() in VIDEO_SUFFIXES]
    if (data / place).is_file():
        return [Path(place)]
    # hidden files too, as in a folder: `hidden_videos` names them
    found = glob.glob(place, root_dir=data, recursive=True, include_hidden=True)
    suffixes = {*VIDEO_SUFFIXES, Path(place).suffix.lower()}
    files = [Path(path) for path in found if Path(path).suffix.lower() in suffixes and not (data / path).is_dir()]
    files.sort(key=lambda path: len(path.parts), reverse=True)
    # once, by the shortest way: links between folders may lead round in a circle
    return list({((data / path.parent).resolve(), path.name): path for path in files}.values())


def hidden_videos(config: dict) -> list[str]:
    """List the hidden files among the videos of a folder or glob: no videos, but what a Mac writes beside each."""
    if not config["videos"] or Path(config["videos"]).suffix.lower() in SHEET_SUFFIXES:
        return []
    found = _found_paths(Path(config["data"]), config["videos"])
    return sorted(path.as_posix() for path in found if path.name.startswith("."))


def _sheet_rows(data: Path, place: str, row_schema: dict) -> Iterator[tuple[str, dict | str]]:
    """Yield each row of a sheet, or why it cannot be read, with where it stands."""
    path = data / place
    if not path.is_file():
        raise ConfigError(f"config: videos: {path}: no such sheet. Correct `videos`, which is relative to `data`")
    try:
        columns, lines = read_rows(path)
    except TextError as error:
        raise ConfigError(f"{path}: {error}; {_expected(row_schema)}") from None
    _check_columns(path, columns, row_schema)
    for line in lines:
        row = {key: cell for key, cell in line.cells.items() if cell}
        if "path" in row:
            row["path"] = _spelt_as_on_disk(data, row["path"])
        yield f"{path}: line {line.number}", line.fault or row


def _spelt_as_on_disk(data: Path, path: str) -> str:
    """Return a path with its accents composed or not, as the file that is there has them: a Mac's are not."""
    forms = [path, *(unicodedata.normalize(form, path) for form in ("NFC", "NFD"))]
    return next((form for form in forms if (data / form).exists()), path)


def _check_columns(path: Path, columns: list[str], row_schema: dict) -> None:
    """Raise ConfigError that names each column that a sheet must not have, or lacks: once, not for every row."""
    if faults := column_faults(columns, row_schema["properties"], row_schema["required"]):
        lines = [f"{path}: line 1: {fault}" for fault in faults]
        raise ConfigError("\n".join([*lines, f"{path}: {_expected(row_schema)}"]))


def _expected(row_schema: dict) -> str:
    required = row_schema["required"]
    others = ", ".join(name for name in row_schema["properties"] if name not in required)
    return (
        f"expected a first line with the columns {' and '.join(required)}, and others of {others}, with a tab, a "
        "semicolon or a comma between them"
    )


def missing_videos(config: dict, videos: Mapping[str, dict]) -> dict[str, str]:
    """Return what is said of each video whose file is not there, by its id."""
    paths = {name: Path(config["data"]) / row["path"] for name, row in videos.items()}
    return {
        name: f"{path}: no such file. Put it back, correct its path, or take it out of the sheet."
        for name, path in paths.items()
        if not (path.is_file() or path.is_dir())  # a pipe would be waited for
    }


def check_files(config: dict, videos: dict[str, dict]) -> None:
    """Raise ConfigError where pretrained weights, or the files of all videos, are missing; `data` is wrong then."""
    data, weights = Path(config["data"]), config["model"]["weights"]
    if weights and not (data / weights).is_file():
        raise ConfigError(f"config: model.weights: {data / weights}: no such file")
    missing = missing_videos(config, videos)
    if videos and len(missing) == len(videos):
        raise ConfigError("\n".join(["none of the videos is there; is the config's `data` right?", *said(missing)]))


def said(missing: Mapping[str, str], *, most: int = 20) -> list[str]:
    """List the lines that name missing videos, those of the first `most` and how many more there are."""
    lines = [f"video '{name}': {text}" for name, text in missing.items()]
    return lines[:most] + ([f"... and {len(lines) - most} more"] if len(lines) > most else [])
