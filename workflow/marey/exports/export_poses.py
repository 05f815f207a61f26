"""Exports of poses: the file of another tool, from the table of a video."""

import logging
from importlib.util import find_spec
from pathlib import Path

from marey.exports.names import PACKAGES, load_format, missing_text
from marey.exports.pose_table import ExportError
from marey.exports.poses import read_poses
from marey.tables import files

_log = logging.getLogger(__name__)


def export_poses(
    poses_path: Path,
    probe: Path,
    frames: Path,
    out: Path,
    *,
    format_name: str,
    skeleton: tuple[tuple, tuple, tuple],
    config: dict,
    provenance: dict,
) -> None:
    """Write the poses of a video in the format of another tool; the log says what that format cannot hold.

    Args:
        poses_path: the video's table `smoothed` or `tracks`.
        probe: its table `probe`.
        frames: its table `frames`.
        out: where to write; the file appears whole or not at all.
        format_name: such as `dlc.h5`.
        skeleton: keypoints, edges and mirror pairs (as indices).
        config: the keys of the block `export` that the format reads.
        provenance: what the file is made from, kept in it where the format has a place for that.

    Raises:
        ExportError: the format cannot hold these poses, or a package that writes it is not installed.
    """
    if missing := [name for name in PACKAGES.get(format_name, ()) if not find_spec(name)]:
        raise ExportError(missing_text(format_name, missing))
    module = load_format(format_name)
    poses = read_poses(poses_path, probe, frames, skeleton=skeleton, provenance=provenance)
    with files.replacing(out) as temporary:
        module.write(poses, temporary, config)
    _log.info("%s: %d individuals, frames %d to %d", out, len(poses.individuals), *poses.span)
    _log.info("positions: %s", module.PIXELS)
    _log.info("left out, as %s cannot hold it: %s", format_name, "; ".join(module.CANNOT_SAY) or "nothing")
