"""Poses of a video as another tool predicted them, in place of those of a network of Marey's own."""

import logging
from pathlib import Path

import numpy as np
import pandas as pd

from marey.labels.names import quoted
from marey.labels.points import as_predictions
from marey.labels.reading import LabelError, Source, describe_faults
from marey.labels.sources import PREDICTIONS, load_format
from marey.tables import files
from marey.tables.frames import FRAMES
from marey.tables.poses import POSES
from marey.tables.probe import PROBE
from marey.videos.ranges import frame_range

MAX_BEYOND = 5  # frames after the last one that decodes: programs count the end of a video differently
MAX_OUTSIDE = 0.5  # of the points: more of them outside the image are those of another video, or in another unit

_log = logging.getLogger(__name__)


def ingest_predictions(
    entry: str | dict,
    probe_path: Path,
    frames_path: Path,
    out: Path,
    *,
    data: Path,
    video: str,
    keypoints: list[str],
    single: bool,
    frames: str | None,
    provenance: dict,
) -> None:
    """Write the table `poses` of a video.

    Points without a position, outside the image, or of keypoints that the experiment does not have are left out, and
    counted in the log. `sigma_px` is not known; `confidence` is that of the tool, not calibrated.

    Args:
        entry: the entry of `predictions.sources` that holds the video.
        probe_path: table `probe` of the video.
        frames_path: table `frames` of the video.
        out: where to write.
        data: folder that sources are relative to.
        video: id of the video.
        keypoints: the experiment's, in order.
        single: whether there is never more than one animal.
        frames: 'start:stop', the part of the video that is due; None: all.
        provenance: what the result was made from, for its metadata.

    Raises:
        LabelError: the source cannot be read, or what it predicts is not of this video.
    """
    source = Source.of(entry, data)
    contents = load_format(source, PREDICTIONS).read(source)
    if contents.faults:
        raise LabelError(describe_faults(contents.faults))
    for what in contents.left_out:
        _log.info("%s: left out %s", source.name, what)
    points = contents.predictions
    points = points[points["video"] == video] if points is not None else as_predictions()
    points = points.assign(keypoint=points["keypoint"].replace(dict(source.keypoints)))
    if points.empty:
        raise LabelError(f"{source.name}: holds no predicted point of video '{video}'; take it out of {PREDICTIONS}")
    points = _due(points, source, keypoints, frame_range(frames))
    times = files.read(frames_path, FRAMES, ["time", "fault"])
    probe = files.read(probe_path, PROBE).iloc[0]
    points = _inside(points, source, (probe["width"], probe["height"]), len(times))
    _check(points, source, single=single)
    at = points["frame"].to_numpy()
    points = points.assign(
        time=times["time"].to_numpy()[at],
        fault=times["fault"].to_numpy()[at],
        sigma_px=np.float32(np.nan),
        keypoint=pd.Categorical(points["keypoint"], categories=keypoints, ordered=True),
        instance=points["instance"].astype(np.int16),
    ).sort_values(["frame", "instance", "keypoint"], kind="stable")
    poses = points.assign(keypoint=points["keypoint"].astype(str))[POSES.names]
    files.write(out, poses, POSES, provenance=provenance)
    _log.info("%s: %d points in %d frames of '%s'", source.name, len(poses), poses["frame"].nunique(), video)


def _due(points: pd.DataFrame, source: Source, keypoints: list[str], part: tuple[int, int | None]) -> pd.DataFrame:
    """Keep points that have a position, of the experiment's keypoints, in the part of the video that is due."""
    known = points["keypoint"].isin(keypoints)
    if not known.any():
        raise LabelError(
            f"{source.name}: predicts {quoted(points['keypoint'].unique())}, of which none is in `keypoints`; fix the "
            "names there"
        )
    if not known.all():
        _log.info("%s: left out %s, not in `keypoints`", source.name, quoted(points["keypoint"][~known].unique()))
    lacking = [name for name in keypoints if name not in set(points["keypoint"])]
    if lacking:
        _log.warning("%s: predicts no %s", source.name, quoted(lacking))
    start, stop = part
    due = (points["frame"] >= start) & (points["frame"] < (np.inf if stop is None else stop))
    return points[known & due & points[["x", "y"]].notna().all(axis=1)]


def _inside(points: pd.DataFrame, source: Source, size: tuple[int, int], count: int) -> pd.DataFrame:
    """Keep points inside the picture of `size` px and the video of `count` frames.

    Raises LabelError where so many are outside that they cannot be those of this video.
    """
    last = points["frame"].max()
    if last >= count + MAX_BEYOND:
        raise LabelError(
            f"{source.name}: predicts frame {last}, but the video has {count} frames, counted from 0; name the "
            "predictions of this video"
        )
    if last >= count:
        _log.warning("%s: left out what is after the video's last frame, %d", source.name, count - 1)
        points = points[points["frame"] < count]
    width, height = size
    outside = (points["x"] < 0) | (points["y"] < 0) | (points["x"] > width) | (points["y"] > height)
    if outside.mean() > MAX_OUTSIDE:
        row = points[outside].iloc[0]
        raise LabelError(
            f"{source.name}: {outside.sum()} of {len(points)} points lie outside the image of {width} x {height} px, "
            f"such as {row['keypoint']} at ({row['x']:g}, {row['y']:g}) in frame {row['frame']}; name the predictions "
            "of this video, in px of the whole image"
        )
    if outside.any():
        _log.info("%s: left out %d points outside the image", source.name, outside.sum())
    return points[~outside]


def _check(points: pd.DataFrame, source: Source, *, single: bool) -> None:
    """Check that each point is there once, with a confidence, and of one animal where there is never more."""
    strange = points[~points["confidence"].between(0, 1)]
    if len(strange):
        row = strange.iloc[0]
        raise LabelError(
            f"{source.name}: {row['keypoint']} in frame {row['frame']} has the confidence {row['confidence']:g}; "
            "expected 0 to 1"
        )
    key = ["frame", "instance", "keypoint"]
    twice = points[points.duplicated(key)]
    if len(twice):
        row = twice.iloc[0]
        raise LabelError(f"{source.name}: {row['keypoint']} of one animal is there twice in frame {row['frame']}")
    if single and points["instance"].max() > 0:
        frame = points.loc[points["instance"] > 0, "frame"].iloc[0]
        raise LabelError(
            f"{source.name}: several animals in frame {frame}, but `animals.method` is single; set it to bottom_up"
        )
