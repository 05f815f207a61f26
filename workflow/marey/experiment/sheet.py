"""The videos of an experiment: a sheet, or what a folder, a glob or a file name gives.

Imported while Snakemake parses the workflow, in every job: nothing heavy is imported here.
"""

import csv
import glob
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from marey.experiment.config import ConfigError, check_schema, closest_or_all, schema, with_defaults
from marey.videos.ranges import frame_range

VIDEO_SUFFIXES = {".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".ts", ".webm", ".wmv"}
FINGERPRINT_BYTES = 65_536  # bytes of each part of a fingerprint


def read_videos(config: dict) -> dict[str, dict]:
    """Read the videos of the experiment, by id: rows of the sheet, or what the folder, glob or file name gives.

    Raises ConfigError that lists every faulty row, or where there is no video.
    """
    data, place = Path(config["data"]), config["videos"]
    if place.endswith(".tsv"):
        return _read_sheet(data / place)
    if (data / place).is_dir():
        paths = [path for path in (data / place).iterdir() if path.suffix.lower() in VIDEO_SUFFIXES]
    else:
        paths = [Path(path) for path in glob.glob(str(data / place))]
    if not paths:
        there = (data / place).exists() or glob.has_magic(place)
        found = f"no videos found there ({', '.join(sorted(VIDEO_SUFFIXES))})" if there else "no such file or folder"
        raise ConfigError(
            f"config: videos: {data / place}: {found}; name a sheet (.tsv), a folder, a pattern such as videos/*.mp4, or "
            "one file, relative to `data`"
        )
    rows, row_schema = {}, schema("videos")
    for path in sorted(paths):
        name = re.sub(r"[^A-Za-z0-9_.-]", "_", path.stem)
        if name in rows:
            raise ConfigError(f"config: videos: {path}: a second video named '{name}'; name them in a sheet (.tsv)")
        rows[name] = with_defaults({"video": name, "path": path.relative_to(data).as_posix()}, row_schema)
    return rows


def _read_sheet(path: Path) -> dict[str, dict]:
    if not path.is_file():
        raise ConfigError(f"config: videos: {path}: no such sheet")
    row_schema = schema("videos")
    rows, faults, lines = {}, [], {}
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file, delimiter="\t")
        _check_columns(path, reader.fieldnames or [], row_schema)
        for row in reader:
            where = f"{path}: line {reader.line_num}"
            row = {key or "extra cell": value for key, value in row.items() if value not in ("", None)}
            try:
                check_schema(row, row_schema, where)
            except ConfigError as error:
                faults.append(str(error))
                continue
            start, stop = frame_range(row.get("frames"))
            if stop is not None and start >= stop:
                faults.append(f"{where}: frames: {row['frames']}: no frame lies between; expected start:stop")
            if row["video"] in lines:
                faults.append(f"{where}: video '{row['video']}' is already in line {lines[row['video']]}")
            lines[row["video"]] = reader.line_num
            rows[row["video"]] = with_defaults(row, row_schema)
    if faults:
        raise ConfigError("\n".join(faults))
    if not rows:
        raise ConfigError(
            f"{path}: the sheet lists no videos; write a line for each: a short name, a tab, and the path of the file"
        )
    return rows


def _check_columns(path: Path, columns: Sequence[str], row_schema: dict) -> None:
    """Raise ConfigError where the first line of a sheet is not the names of its columns, tabs between them."""
    known = row_schema["properties"]
    missing = [name for name in row_schema["required"] if name not in columns]
    if missing and len(columns) == 1 and len(re.findall(r"\w+", columns[0])) > 1:
        raise ConfigError(
            f"{path}: line 1: {columns[0]!r} is a single column; put a tab, not commas or blanks, between the columns of "
            "every line (a spreadsheet saves such a file as tab-separated text)"
        )
    faults = [f"{name!r}: unknown column{closest_or_all(name, list(known))}" for name in columns if name and name not in known]
    faults += [f"the column '{name}' is missing; the first line names the columns: video, path" for name in missing]
    if faults:
        raise ConfigError("\n".join(f"{path}: line 1: {fault}" for fault in faults))


def fingerprint(path: str | Path) -> str:
    """Compute a fingerprint of a file: BLAKE2b-128, hexadecimal, of its size, beginning, middle and end.

    It tells a video from another one in milliseconds. The time of a file tells less: copies lose it, and a file that
    takes the place of another one may be older.
    """
    size = Path(path).stat().st_size
    digest = hashlib.blake2b(str(size).encode(), digest_size=16)
    with Path(path).open("rb") as file:
        for place in (0, size // 2, max(0, size - FINGERPRINT_BYTES)):
            file.seek(place)
            digest.update(file.read(FINGERPRINT_BYTES))
    return digest.hexdigest()


def check_files(config: dict, videos: dict[str, dict]) -> None:
    """Raise ConfigError that names every video whose file is missing, or the missing file of pretrained weights."""
    weights = config["model"]["weights"]
    if weights and not (Path(config["data"]) / weights).is_file():
        raise ConfigError(f"config: model.weights: {Path(config['data']) / weights}: no such file")
    missing = [row for row in videos.values() if not (Path(config["data"]) / row["path"]).is_file()]
    if missing:
        lines = [f"video '{row['video']}': {Path(config['data']) / row['path']}: no such file" for row in missing[:20]]
        more = [f"... and {len(missing) - 20} more"] if len(missing) > 20 else []
        raise ConfigError("\n".join([*lines, *more, "Fix the paths in the sheet, or the `data` folder in the config."]))
