"""A person's corrections of tracks, read from their table; `marey.tracking.corrected` carries them out.

Imported while Snakemake parses the workflow, in every job: nothing heavy is imported here.
"""

from pathlib import Path

from marey.experiment.config import ConfigError, closest
from marey.experiment.validation import column_faults
from marey.labels.names import clean_name, name_fault
from marey.tables.text import TextError, read_rows

CORRECTION_COLUMNS = ("video", "frame", "action", "first", "second", "until")
REQUIRED_COLUMNS = ("video", "frame", "action", "first")
UNIQUE = "unique"  # whom objects and landmarks belong to
ACTIONS = ("swap", "merge", "split", "delete")
MAX_DIGITS = 18  # of a frame: it fits 64 bits


def read_corrections(config: dict, videos: dict[str, dict]) -> dict[str, list[dict]]:
    """Read the corrections of each video that has some, in the order of the table; {} where the config names no table.

    Each is {action, first, frame, second, until}: `second` None where the action takes none, `until` None to the end.
    Raises ConfigError that lists every faulty row.
    """
    name = config["animals"]["corrections"]
    if not name:
        return {}
    path = Path(config["data"]) / name
    if not path.is_file():
        raise ConfigError(f"config: animals.corrections: {path}: no such file")
    try:
        head, lines = read_rows(path)
    except TextError as error:
        raise ConfigError(f"{path}: {error}") from None
    _check_columns(head, path)
    found, faults = {}, []
    for line in lines:
        row = {key: line.cells.get(key, "") for key in CORRECTION_COLUMNS}
        row |= {key: clean_name(row[key]) for key in ("first", "second")}
        wrong = [line.fault] if line.fault else _faults(row, videos)
        faults += [f"{path}: line {line.number}: {fault}" for fault in wrong]
        if not wrong:
            found.setdefault(row["video"], []).append(_parsed(row))
    if faults:
        raise ConfigError("\n".join(faults))
    return found


def _check_columns(head: list[str], path: Path) -> None:
    if found := column_faults(head, CORRECTION_COLUMNS, REQUIRED_COLUMNS):
        faults = "\n".join(f"{path}: line 1: {fault}" for fault in found)
        raise ConfigError(f"{faults}\n{path}: expected the columns {', '.join(CORRECTION_COLUMNS)}")


def _parsed(row: dict) -> dict:
    """Convert a row without faults to what tracking takes."""
    return {
        "action": row["action"],
        "first": row["first"],
        "frame": int(row["frame"]),
        "second": row["second"] or None,
        "until": int(row["until"]) if row["until"] else None,
    }


def _faults(row: dict, videos: dict[str, dict]) -> list[str]:
    faults = []
    if row["video"] not in videos:
        hint = closest(row["video"], list(videos)) or "; add it there, or take the row out"
        faults.append(f"video: '{row['video']}' is not in the sheet{hint}")
    if not _whole(row["frame"]):
        faults.append(f"frame: expected a whole number from 0, got '{row['frame']}'")
    if row["until"] and not _whole(row["until"]):
        faults.append(f"until: expected a whole number, or nothing for the end of the video, got '{row['until']}'")
    elif row["until"] and _whole(row["frame"]) and int(row["until"]) <= int(row["frame"]):
        faults.append(f"until: {row['until']}: expected a frame after {row['frame']}; it is the first that is kept")
    names = filter(None, (row["first"], row["second"]))
    faults += [f"first, second: {fault}" for fault in map(name_fault, names) if fault]
    if not row["first"]:
        faults.append("first: missing; name the individual")
    if row["action"] not in ACTIONS:
        hint = closest(row["action"], list(ACTIONS))
        faults.append(f"action: '{row['action']}' is not one of {', '.join(ACTIONS)}{hint}")
    elif row["action"] == "delete":
        if row["second"]:
            faults.append(f"second: '{row['second']}': a delete takes none; leave it empty")
    elif not row["second"]:
        what = "the name of the new one" if row["action"] == "split" else "the other one"
        faults.append(f"second: missing; a {row['action']} needs two individuals: write {what}")
    elif row["second"] == row["first"]:
        faults.append(f"second: '{row['second']}' is `first` too; a {row['action']} needs two individuals")
    elif row["action"] == "split" and row["second"] == UNIQUE:
        faults.append(f"second: '{UNIQUE}' is the name of objects and landmarks; name the new one otherwise")
    return faults


def _whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS
