"""The poses of a video as formats write them."""

from dataclasses import dataclass
from pathlib import Path

from marey.exports.pose_table import PoseTable
from marey.tables import files
from marey.tables.frames import FRAMES
from marey.tables.probe import PROBE
from marey.tables.smoothed import SMOOTHED
from marey.tables.tracks import TRACKS

SOURCES = {"smoothed": SMOOTHED, "tracks": TRACKS}


@dataclass(frozen=True)
class Poses(PoseTable):
    """The poses of a video.

    `video` is the id, and `file` the path relative to the data folder; `size` (width, height) px; `pairs` (of mirror
    images) index `keypoints`.
    """

    video: str
    file: str
    size: tuple[int, int]
    pairs: tuple[tuple[int, int], ...]


def read_poses(
    path: Path, probe: Path, frames: Path, *, skeleton: tuple[tuple, tuple, tuple], provenance: dict
) -> Poses:
    """Open the poses of a video.

    Args:
        path: the table `smoothed` or `tracks`, in a folder of its name.
        probe: the video's table `probe`.
        frames: the video's table `frames`.
        skeleton: keypoints, edges and mirror pairs (as indices).
        provenance: what the export is made from.

    Returns:
        The poses, of which nothing but the first frames is read yet.
    """
    video = files.read(probe, PROBE).iloc[0]
    return Poses(
        path=Path(path),
        table=SOURCES[Path(path).parent.name],
        video=video["video"],
        file=video["path"],
        size=(int(video["width"]), int(video["height"])),
        times=files.read(frames, FRAMES, ["time"])["time"].to_numpy(),
        keypoints=tuple(skeleton[0]),
        edges=tuple(skeleton[1]),
        pairs=tuple(skeleton[2]),
        provenance=provenance,
    )
