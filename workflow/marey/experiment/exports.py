"""Checks of what is to be exported, before anything runs.

Imported while Snakemake parses the workflow, in every job: nothing heavy is imported here.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib.util import find_spec

from marey.experiment.config import ConfigError
from marey.experiment.stages import export_config
from marey.exports.names import PACKAGES, missing_text, owners

# What NWB files need of each video, and the column of the sheet that has it.
NWB_NEEDS = {"species": None, "age": "age", "session_start": "recorded"}
OF_ANIMALS = ("subject", "sex", "age")  # columns of the sheet
EXAMPLES = {"species": "Mus musculus", "age": "P90D", "session_start": "'2026-11-28T14:30:00+01:00'"}


def check_exports(
    config: dict, videos: Mapping[str, dict], sessions: Mapping[str, Mapping[str, str]] | None = None, *, installed=True
) -> None:
    """Raise ConfigError that lists what exports lack.

    Args:
        config: the checked config.
        videos: rows of the sheet, by id.
        sessions: the videos of each session in space, by camera.
        installed: whether jobs run in this environment, and not in one of their own (`--sdm conda`).
    """
    chosen = config["export"]["formats"]
    faults = [
        f"videos '{first}' and '{second}': both would be exported as {file}; name one otherwise in the sheet"
        for file, (first, second, *_) in owners(videos, chosen).items()
    ]
    in_space = config["export"]["sessions"] if sessions else []
    faults += [
        f"sessions '{first}' and '{second}': both would be exported as sessions/{file}; name one otherwise in the sheet"
        for file, (first, second, *_) in owners(sessions or (), in_space).items()
    ]
    described = dict(videos) if "nwb" in chosen else {}
    for session, views in (sessions or {}).items() if "nwb" in in_space else ():
        faults += _contradictions(session, views, videos)
        described.setdefault(next(iter(views.values())), session_row(views, videos))
    faults += _nwb_faults(config, described)
    for name in dict.fromkeys([*chosen, *in_space]):
        missing = [package for package in PACKAGES.get(name, ()) if installed and not find_spec(package)]
        faults += [f"config: {missing_text(name, missing)}"] if missing else []
    if faults:
        raise ConfigError("\n".join(faults))


def _nwb_faults(config: dict, videos: Mapping[str, dict]) -> Iterator[str]:
    sessions = {name: export_config(config, "nwb", row)["export"]["nwb"] for name, row in videos.items()}
    for key, column in NWB_NEEDS.items():
        without = [name for name, session in sessions.items() if not session[key]]
        if without:
            sheet = f", or a column `{column}` of the sheet (video '{without[0]}' has none)" if column else ""
            yield f"config: export.nwb.{key}: NWB files need it; write it, such as {EXAMPLES[key]}{sheet}"
    for name, session in sessions.items():
        start = session["session_start"]
        if start and not _has_offset(start):
            yield (
                f"video '{name}': '{start}' is no time with an offset from UTC, for `export.nwb.session_start` or the "
                f"sheet's column `recorded`; write it as {EXAMPLES['session_start']}"
            )


def session_row(views: Mapping[str, str], videos: Mapping[str, dict]) -> dict:
    """Join what the sheet says of the videos of a session to one row.

    Args:
        views: the video of each camera.
        videos: rows of the sheet, by id.

    Returns:
        A row: what any of the videos says of the animal, and the earliest start. The rest is that of the first video.
    """
    rows = [videos[video] for video in views.values()]
    joined = dict(rows[0])
    for column in (*OF_ANIMALS, "recorded"):
        said = [row[column] for row in rows if row[column]]
        joined[column] = said[0] if said else rows[0][column]
        if column == "recorded" and all(map(_has_offset, said)) and said:
            joined[column] = min(said, key=datetime.fromisoformat)
    return joined


def _contradictions(session: str, views: Mapping[str, str], videos: Mapping[str, dict]) -> Iterator[str]:
    """Yield where the videos of a session say different things of the animal that its NWB file is of."""
    for column in OF_ANIMALS:
        said = {}
        for video in views.values():
            if videos[video][column]:
                said.setdefault(videos[video][column], video)
        if len(said) > 1:
            (one, first), (two, other), *_ = said.items()
            yield (
                f"session '{session}': its NWB file has one `{column}`, but the sheet says '{one}' of video '{first}' "
                f"and '{two}' of '{other}'; write the same for all videos of the session"
            )


def _has_offset(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
