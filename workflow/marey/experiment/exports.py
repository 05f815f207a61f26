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
    for views in (sessions or {}).values() if "nwb" in in_space else ():
        first = next(iter(views.values()))
        described[first] = videos[first]
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


def _has_offset(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
