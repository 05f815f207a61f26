"""What the stages of a session have in common: its cameras, the times of their frames, and what is at each place."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from marey.multiview import cameras as rig
from marey.multiview.cameras import Camera
from marey.multiview.clock import Clock, read_clock
from marey.multiview.views import Layout, read_layout
from marey.tables import files
from marey.tables.probe import PROBE


class Session(NamedTuple):
    """A session: its cameras, the clock that joins their frames, and the points that are looked for."""

    cameras: list[Camera]
    clock: Clock
    layout: Layout


def read_session(
    cameras_path: str | Path, tracks: Mapping[str, str | Path], frames: Mapping[str, str | Path], config: dict
) -> Session:
    """Read what all stages of a session need.

    Individuals of different cameras are those of one name.

    Args:
        cameras_path: the table `cameras` of the session.
        tracks: of each camera the table `tracks` of its video.
        frames: of each camera the table `frames` of its video.
        config: `offsets` (s, by camera), `keypoints` and `symmetry`.

    Raises:
        ValueError: a camera that has tracks is not in `cameras`, or fewer than two have some.
    """
    cameras = _cameras(cameras_path, tracks)
    clock = read_clock({camera.name: frames[camera.name] for camera in cameras}, config["offsets"])
    return Session(cameras, clock, read_layout(tracks, config))


def _cameras(path: str | Path, tracks: Mapping[str, str | Path]) -> list[Camera]:
    """Read the cameras of a session. ValueError where there are tracks of others, or of fewer than two."""
    known = {camera.name: camera for camera in rig.read_cameras(path)}
    missing = sorted(tracks.keys() - known, key=rig.natural)
    if missing or len(tracks) < 2:
        what = f"camera {', '.join(missing)} is not there" if missing else f"{len(tracks)} camera has poses"
        raise ValueError(f"{path}: {what}; expected two cameras or more, of {', '.join(known)}")
    return [camera for name, camera in known.items() if name in tracks]


def check_sizes(cameras_path: str | Path, probes: Mapping[str, str | Path]) -> None:
    """Raise ValueError where a camera was calibrated in images of another size than its video has.

    `probes`: of each camera the table `probe` of its video. Sizes that a calibration does not say are no fault.
    """
    for camera in rig.read_cameras(cameras_path):
        if camera.name not in probes or not any(camera.size):
            continue
        row = files.read(probes[camera.name], PROBE, ["path", "width", "height"]).iloc[0]
        if camera.size != (row["width"], row["height"]):
            raise ValueError(
                f"{row['path']}: has images of {row['width']} x {row['height']} px, but its camera {camera.name} was "
                f"calibrated in images of {camera.size[0]} x {camera.size[1]}; videos that are cropped, scaled or "
                "turned need a calibration of their own"
            )


def blocks(ticks: int, size: int, *, most: int = files.ROW_GROUP) -> Iterator[tuple[int, int]]:
    """Part ticks, of `size` points each, into ranges [start, stop) of about `most` points."""
    length = max(1, most // max(1, size))
    for start in range(0, ticks, length):
        yield start, min(start + length, ticks)
