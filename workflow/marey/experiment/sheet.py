"""The videos of an experiment: a sheet, or what a folder, a glob or a file name gives.

Imported while Snakemake parses the workflow, in every job: nothing heavy is imported here.
"""

import glob
import hashlib
from pathlib import Path

from marey.experiment.config import ConfigError, check_schema, closest, schema, with_defaults
from marey.tables.text import TextError, read_rows
from marey.videos.names import video_id
from marey.videos.ranges import frame_range

VIDEO_SUFFIXES = {".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".ts", ".webm", ".wmv"}
SHEET_SUFFIXES = {".csv", ".tsv", ".txt"}
FINGERPRINT_BYTES = 65_536  # bytes of each part of a fingerprint


def read_videos(config: dict) -> dict[str, dict]:
    """Read the videos of the experiment, by id: rows of the sheet, or what the folder, glob or file name gives.

    Raises ConfigError that lists every faulty row, or where there is no video.
    """
    data, place = Path(config["data"]), config["videos"]
    if Path(place).suffix.lower() in SHEET_SUFFIXES:
        return _read_sheet(data / place)
    if (data / place).is_dir():
        paths = [path for path in (data / place).iterdir() if path.suffix.lower() in VIDEO_SUFFIXES]
    else:
        paths = [Path(path) for path in glob.glob(str(data / place))]
    if not paths:
        raise ConfigError(
            f"config: videos: {data / place}: no videos found there. Expected a sheet "
            f"({', '.join(sorted(SHEET_SUFFIXES))}), a folder of videos ({', '.join(sorted(VIDEO_SUFFIXES))}), a glob, "
            "or one file, relative to `data`"
        )
    rows, row_schema = {}, schema("videos")
    for path in sorted(paths):
        name = video_id(path.stem)
        if name in rows:
            raise ConfigError(f"config: videos: {path}: a second video named '{name}'; name them in a sheet")
        rows[name] = with_defaults({"video": name, "path": path.relative_to(data).as_posix()}, row_schema)
    return rows


def _read_sheet(path: Path) -> dict[str, dict]:
    if not path.is_file():
        raise ConfigError(f"config: videos: {path}: no such sheet. Correct `videos`, which is relative to `data`")
    row_schema = schema("videos")
    try:
        columns, lines = read_rows(path)
    except TextError as error:
        raise ConfigError(f"{path}: {error}. {_expected(row_schema)}") from None
    _check_columns(path, columns, row_schema)
    rows, faults, first = {}, [], {}
    for line in lines:
        where = f"{path}: line {line.number}"
        if line.fault:
            faults.append(f"{where}: {line.fault}")
            continue
        row = {key: value for key, value in line.cells.items() if value}
        try:
            check_schema(row, row_schema, where)
        except ConfigError as error:
            faults.append(str(error))
            continue
        start, stop = frame_range(row.get("frames"))
        if stop is not None and start >= stop:
            faults.append(f"{where}: frames: {row['frames']}: no frame lies between; expected start:stop")
        if row["video"] in first:
            faults.append(f"{where}: video '{row['video']}' is already in line {first[row['video']]}")
        first[row["video"]] = line.number
        rows[row["video"]] = with_defaults(row, row_schema)
    if faults:
        raise ConfigError("\n".join(faults))
    if not rows:
        raise ConfigError(f"{path}: the sheet lists no videos. Write a line for each below the names of the columns")
    return rows


def _check_columns(path: Path, columns: list[str], row_schema: dict) -> None:
    """Raise ConfigError that names each column that a sheet must not have, or lacks: once, not for every row."""
    known = row_schema["properties"]
    faults = [f"{name}: unknown column{closest(name, list(known))}" for name in columns if name not in known]
    faults += [f"{name}: missing column" for name in row_schema["required"] if name not in columns]
    if faults:
        lines = [f"{path}: line 1: {fault}" for fault in faults]
        raise ConfigError("\n".join([*lines, f"{path}: {_expected(row_schema)}"]))


def _expected(row_schema: dict) -> str:
    required = row_schema["required"]
    others = ", ".join(name for name in row_schema["properties"] if name not in required)
    return (
        f"Expected a first line with the columns {' and '.join(required)}, and others of {others}, with a tab, a "
        "semicolon or a comma between them"
    )


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
