"""The sessions of an experiment, and the rigs of cameras that filmed them: what of the sheet and the config makes 3D.

A rig is a number of cameras that are calibrated together. Each session has its own where `cameras.calibration` has
`{session}` in it; else all sessions have one. Imported while Snakemake parses the workflow, in every job: nothing heavy
is imported here.
"""

import glob
import re
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from marey.experiment.cameras import CAMERA, SESSION, calibrated_by_board
from marey.experiment.sheet import path_faults
from marey.experiment.validation import ConfigError, closest
from marey.multiview.calibration_formats import camera_names

ONE_RIG = "all"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")  # part of file names
IMAGE_SUFFIXES = {".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff"}

Sessions = dict[str, dict[str, str]]  # by session and camera the video


def read_sessions(config: dict, videos: Mapping[str, dict]) -> Sessions:
    """Return the videos of each session by camera, in the order of the sheet; {} where no cameras are calibrated.

    Raises ConfigError that lists every faulty row, and offsets of sessions and cameras that there are not.
    """
    if not config["cameras"]["calibration"]:
        return {}
    sessions: Sessions = {}
    faults = []
    for video, row in videos.items():
        found = list(_row_faults(row))
        name, camera = row["session"], row["camera"]
        if not found and camera in sessions.get(name or "", {}):
            found = [
                f"camera '{camera}' of session '{name}' has filmed video '{sessions[name][camera]}' already; correct "
                "`camera` or `session` of one of them"
            ]
        faults += [f"video '{video}': {fault}" for fault in found]
        if name and not found:
            sessions.setdefault(name, {})[camera] = video
    faults = [f"config: videos: {fault}" for fault in [*faults, *([] if faults else _session_faults(sessions))]]
    faults += [] if faults else _offset_faults(config, sessions)
    if faults:
        raise ConfigError("\n".join(faults))
    return sessions


def _row_faults(row: dict) -> Iterator[str]:
    for key, other in (("session", "camera"), ("camera", "session")):
        if row[key] and not row[other]:
            yield f"has a {key} ('{row[key]}') and no {other}; name its {other}, or leave both cells empty"
        elif row[key] and not NAME.fullmatch(row[key]):
            yield f"{key}: '{row[key]}': expected letters and digits of ASCII, and _, . or - between them"


def _session_faults(sessions: Sessions) -> Iterator[str]:
    if not sessions:
        yield (
            "no video has a session, but `cameras.calibration` is set; say in the sheet's columns `session` and "
            "`camera` which videos are of one time, and of which camera each is"
        )
    for name, views in sessions.items():
        if len(views) < 2:
            (camera, video), *_ = views.items()
            yield (
                f"video '{video}': camera '{camera}' is the only one of session '{name}', and a point in space needs "
                "two; add the videos of the others, or leave both cells empty"
            )
    for names in (list(sessions), [camera for views in sessions.values() for camera in views]):
        forms: dict[str, str] = {}
        for name in names:
            first = forms.setdefault(name.casefold(), name)
            if first != name:
                yield f"'{first}' and '{name}' differ by capitals alone, and their files would be the same; write one"


def _offset_faults(config: dict, sessions: Sessions) -> Iterator[str]:
    for name, value in config["cameras"]["offsets"].items():
        known = sessions if isinstance(value, dict) else _all_cameras(sessions)
        kind = "session" if isinstance(value, dict) else "camera"
        if name not in known:
            yield f"config: cameras.offsets: '{name}' is no {kind} of the sheet{closest(name, list(known))}"
            continue
        for camera in value if isinstance(value, dict) else ():
            if camera not in sessions[name]:
                hint = closest(camera, list(sessions[name]))
                yield f"config: cameras.offsets.{name}: '{camera}' is no camera of that session{hint}"


def _all_cameras(sessions: Sessions) -> list[str]:
    return list(dict.fromkeys(camera for views in sessions.values() for camera in views))


def rig_of(config: dict, session: str) -> str:
    """Name the rig of a session."""
    return session if SESSION in config["cameras"]["calibration"] else ONE_RIG


def read_rigs(config: dict, sessions: Sessions) -> dict[str, list[str]]:
    """Return the cameras of each rig, sorted."""
    rigs: dict[str, set[str]] = {}
    for session, views in sessions.items():
        rigs.setdefault(rig_of(config, session), set()).update(views)
    return {rig: sorted(cameras) for rig, cameras in rigs.items()}


def calibration_files(config: dict, rig: str, camera: str = "") -> list[str]:
    """List the files that a rig, or by a board a camera of it, is calibrated by, relative to `data`.

    A pattern gives what it finds; a path without one, or one that finds nothing, itself.
    """
    place = config["cameras"]["calibration"].replace(SESSION, rig).replace(CAMERA, camera)
    if (Path(config["data"]) / place).exists():
        return [place]
    return sorted(glob.glob(place, root_dir=config["data"])) or [place]


def shows_images(paths: list[str]) -> bool:
    """Tell whether a camera saw the board in images, and not in a video."""
    return Path(paths[0]).suffix.lower() in IMAGE_SUFFIXES


def check_calibrations(config: dict, sessions: Sessions) -> None:
    """Raise ConfigError that lists the cameras that no calibration can be made or read of."""
    find_faults = _board_faults if calibrated_by_board(config) else _file_faults
    faults = [
        fault for rig, cameras in read_rigs(config, sessions).items() for fault in find_faults(config, rig, cameras)
    ]
    if faults:
        raise ConfigError("\n".join(f"config: cameras.calibration: {fault}" for fault in faults))


def check_opencv(config: dict) -> None:
    """Raise ConfigError where a board is to be found and what finds it is not installed."""
    if calibrated_by_board(config) and not find_spec("cv2"):
        raise ConfigError(
            "config: cameras.calibration: boards are found by OpenCV, which is not installed; "
            "`make install LOCK=envs/requirements-cameras.txt` does, or give snakemake the option `--sdm conda`"
        )


def _board_faults(config: dict, rig: str, cameras: list[str]) -> Iterator[str]:
    data = Path(config["data"])
    found = {camera: calibration_files(config, rig, camera) for camera in cameras}
    there = [camera for camera, paths in found.items() if (data / paths[0]).is_file()]
    for camera, paths in found.items():
        if faults := path_faults(data / paths[0]):
            yield faults[0]
        elif camera not in there:
            others = f"; there is one of {', '.join(there)}" if there else ""
            yield (
                f"{data / paths[0]}: no such file, for camera '{camera}'{others}. Put it there, correct the path, or "
                "the sheet's column `camera`"
            )
        elif len(paths) > 1 and not all(shows_images([path]) for path in paths):
            yield (
                f"{data / paths[0]} and {len(paths) - 1} more are of camera '{camera}'; expected one video, or images "
                "alone: write the pattern so that it finds these"
            )


def _file_faults(config: dict, rig: str, cameras: list[str]) -> Iterator[str]:
    path = Path(config["data"]) / calibration_files(config, rig)[0]
    if faults := path_faults(path):
        yield faults[0]
        return
    if not path.is_file():
        yield f"{path}: no such file, for the cameras {', '.join(cameras)}. Put it there, or correct the path"
        return
    try:
        known = camera_names(path)
    except ValueError as error:
        yield str(error)
        return
    missing = [camera for camera in cameras if camera not in known]
    if missing:
        surplus = [name for name in known if name not in cameras]
        yield (
            f"{path}: has no camera {', '.join(missing)}; it has {', '.join(surplus) or 'no other'}, which the sheet "
            "has not. Name the cameras in the sheet's column `camera` as the calibration does"
        )
