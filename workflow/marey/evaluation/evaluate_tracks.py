"""Tracks against labels: the metrics of `marey.evaluation.track_metrics` in the labelled frames of a video.

A labelled animal and a track of the same frame are as similar as their OKS (sigma 0.1, of DeepLabCut). Besides:

    switches_per_hour  switches, divided by the hours between the first and the last labelled frame

Where few frames are labelled, switches that are undone between two of them go unseen. Keypoints that belong to no
animal (`animals.unique`) do not count: what does not move is never lost.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from marey.evaluation import oks, residuals, track_metrics
from marey.tables import files
from marey.tables.labels import LABELS
from marey.tables.track_metrics import TRACK_METRICS
from marey.tables.tracks import TRACKS
from marey.videos.ranges import frame_range

TRACK_METRIC_UNITS = {
    "mota": "fraction",
    "idf1": "fraction",
    "hota": "fraction",
    "deta": "fraction",
    "assa": "fraction",
    "switches": "count",
    "missed": "count",
    "spurious": "count",
    "switches_per_hour": "1/h",
}


def evaluate_tracks(
    tracks_path: Path,
    labels_path: Path,
    out: Path,
    *,
    video: str,
    frames: str | None,
    unique: list[str],
    provenance: dict,
) -> None:
    """Write the table `track_metrics` of a video.

    Args:
        tracks_path: table `tracks` of the video.
        labels_path: table `labels`.
        out: the table that is written.
        video: id of the video.
        frames: 'start:stop', the part of the video that was analysed; None: all.
        unique: keypoints that belong to no animal (`animals.unique`).
        provenance: metadata of the table.
    """
    found = files.read(tracks_path, TRACKS)
    truth = files.read(labels_path, LABELS)
    start, stop = frame_range(frames)
    own = (truth["video"] == video) & truth["image"].isna()  # images in files may be of other frames
    own &= (truth["frame"] >= start) & (truth["frame"] < (np.inf if stop is None else stop))
    rows = track_metric_rows(truth[own & ~truth["keypoint"].isin(unique)], found[~found["keypoint"].isin(unique)])
    files.write(out, rows.assign(video=video), TRACK_METRICS, provenance=provenance)


def track_metric_rows(truth: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Compute table `track_metrics` without the video, from rows of table `labels` and of table `tracks` of one video.

    Every frame with a row in `truth` is compared, also one without an animal. Nothing has a value where no animal is
    labelled; `switches_per_hour` has none where the tracks do not tell the time between the labelled frames.
    """
    seconds = _seconds(truth["frame"], found)
    labelled = truth[truth["visibility"].isin(residuals.LABELLED_VISIBILITIES) & truth[["x", "y"]].notna().all(axis=1)]
    seen = found[found["frame"].isin(truth["frame"]) & found[["x", "y"]].notna().all(axis=1)]
    keypoints = pd.unique(pd.concat([labelled["keypoint"], seen["keypoint"]]))
    true, true_points = _poses(labelled, keypoints)
    poses, points = _poses(seen, keypoints)
    values = dict.fromkeys(TRACK_METRIC_UNITS, np.nan)
    if len(true.frame):
        values |= track_metrics.tracking_metrics(true, poses, _pairs(true, true_points, poses, points))
        values["switches_per_hour"] = values["switches"] / (seconds / 3600) if seconds > 0 else np.nan
    rows = {
        "metric": list(TRACK_METRIC_UNITS),
        "unit": list(TRACK_METRIC_UNITS.values()),
        "value": [values[name] for name in TRACK_METRIC_UNITS],
    }
    return pd.DataFrame(rows).assign(frames=truth["frame"].nunique(), animals=len(true.frame))


def _seconds(labelled: pd.Series, found: pd.DataFrame) -> float:
    """Measure the time between the first and the last labelled frame, s, by the times of the tracks; NaN where unknown.

    Frames beside the tracks follow at the tracks' mean rate.
    """
    times = found.groupby("frame")["time"].first()
    if len(times) < 2 or labelled.empty:
        return np.nan
    frame, time = times.index.to_numpy(np.float64), times.to_numpy()
    rate = (time[-1] - time[0]) / (frame[-1] - frame[0])
    ends = np.array([labelled.min(), labelled.max()], np.float64)
    inside = np.clip(ends, frame[0], frame[-1])
    return float(np.diff(np.interp(inside, frame, time) + (ends - inside) * rate)[0])


def _poses(rows: pd.DataFrame, keypoints: np.ndarray) -> tuple[track_metrics.TrackPoses, np.ndarray]:
    """Return the poses of rows with positions, and their points f64[pose, keypoint, 2] px, NaN = not there."""
    heads = rows[["frame", "individual"]].drop_duplicates().sort_values(["frame", "individual"])
    pose = pd.MultiIndex.from_frame(heads).get_indexer(pd.MultiIndex.from_frame(rows[["frame", "individual"]]))
    points = np.full((len(heads), len(keypoints), 2), np.nan)
    points[pose, pd.Index(keypoints).get_indexer(rows["keypoint"])] = rows[["x", "y"]].to_numpy(np.float64)
    track = pd.factorize(heads["individual"], sort=True)[0]
    return track_metrics.TrackPoses(heads["frame"].to_numpy(np.int64), track.astype(np.int64)), points


def _pairs(
    true: track_metrics.TrackPoses, true_points: np.ndarray, poses: track_metrics.TrackPoses, points: np.ndarray
) -> track_metrics.PosePairs:
    """Find all pairs of a frame and their OKS, where there is any."""
    lone = oks.lone_area(true_points)
    parts = [(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))]
    for frame in np.intersect1d(true.frame, poses.frame):
        rows, columns = (np.arange(*np.searchsorted(side.frame, [frame, frame + 1])) for side in (true, poses))
        near = oks.similarity(true_points[rows], points[columns], sigma=oks.SIGMA_OF_DEEPLABCUT, lone=lone)
        row, column = np.nonzero(near)
        parts.append((rows[row], columns[column], near[row, column]))
    return track_metrics.PosePairs(*(np.concatenate(part) for part in zip(*parts, strict=True)))
