"""Active learning: which frames, of all videos together, the model most needs labels of.

A frame is unusual by any of some terms (`tables.outliers`), each of which is turned into how few frames are as unusual.
No network runs: the terms rest on the poses that there are and on the looks that probing left. Confidence is that
of all seeds together, which falls where they disagree (`inference.ensemble`).
"""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from marey.experiment.skeletons import Skeleton
from marey.labelling.batches import pick_batch, unusable_frames
from marey.labelling.gallery import read_looks, sample_rows, usable
from marey.labelling.outlier_terms import pose_term, video_shapes, video_terms
from marey.labelling.series import read_series
from marey.labelling.surprise import against_usual, rarity, surprises, together
from marey.tables import files
from marey.tables.frames import FRAMES
from marey.tables.outliers import OUTLIERS, TERMS
from marey.tables.samples import SAMPLES
from marey.videos.looks import LENGTH

MAX_FRAMES = 1_000_000  # of all videos; of more, every second, third, ... is ranked
_log = logging.getLogger(__name__)


def find_outliers(
    videos: list[dict],
    labelled: pd.DataFrame | None,
    splits: pd.DataFrame | None,
    outs: Sequence[Path],
    *,
    config: dict,
    provenance: dict,
) -> None:
    """Rank the frames of all videos and write the tables `outliers` and, of those to label next, `samples`.

    Args:
        videos: a dict for each video as of `sample_frames`, with the key poses too, the path of its table `smoothed`.
        labelled: frames that are labelled, columns video and frame. None: none.
        splits: the table `splits`; what tests in every fold, and what lies between such frames, is not picked.
        outs: the two tables.
        config: the keys `outliers`, `keypoints`, `skeleton`, `symmetry` and `seed`.
        provenance: metadata of the tables.
    """
    videos = [item for item in sorted(videos, key=lambda item: item["video"]) if usable(item["probe"])]
    ranked = rank_frames(videos, config=config)
    ranked["usable"] = ~unusable_frames(ranked, labelled, splits)
    for item in videos:
        own = np.flatnonzero(ranked["video"] == item["video"])
        fault = files.read(item["frames"], FRAMES, ["fault"])["fault"].to_numpy(bool)
        ranked.loc[own, "usable"] &= ~fault[ranked["frame"].to_numpy()[own]]
    rows, picked = [], pick_batch(ranked, videos, labelled, config=config["outliers"])
    for item in videos:
        frames = ranked["frame"].to_numpy()[[index for index in picked if ranked["video"].iat[index] == item["video"]]]
        rows += sample_rows(item, [(int(frame), 0) for frame in np.sort(frames)], "outliers")
    shown = {(row[0], row[1]) for row in rows}
    ranked["picked"] = [pair in shown for pair in zip(ranked["video"], ranked["frame"], strict=True)]
    files.write(outs[0], ranked, OUTLIERS, provenance=provenance)
    columns = zip(*rows, strict=True) if rows else [[] for _ in SAMPLES.names]
    files.write(outs[1], dict(zip(SAMPLES.names, columns, strict=True)), SAMPLES, provenance=provenance)
    _log.info("%d frames of %d videos ranked, %d picked", len(ranked), len(videos), len(rows))


def rank_frames(videos: list[dict], *, config: dict) -> pd.DataFrame:
    """Rank the frames of videos: the columns of the table `outliers` but `usable` and `picked`, in its order.

    Args:
        videos: as of `find_outliers`, sorted by name.
        config: as of `find_outliers`.
    """
    skeleton, rng = Skeleton.from_config(config), np.random.default_rng(config["seed"])
    lengths = [len(files.read(item["frames"], FRAMES, ["frame"])) for item in videos]
    stride = max(1, -(-sum(lengths) // MAX_FRAMES))
    parts, rows, shapes, count = [], [], [], 0
    for number, item in enumerate(videos):
        times = files.read(item["frames"], FRAMES, ["time"])["time"].to_numpy()
        series = read_series(item["poses"], config["keypoints"], len(times))
        frames = np.arange(*slice(*item["range"], stride).indices(len(times)))
        terms = {name: values[frames] for name, values in video_terms(series, times, skeleton).items()}
        parts.append(pd.DataFrame({"number": number, "frame": frames, "time": times[frames], **terms}))
        places, poses = video_shapes(series, frames)
        rows.append(places + count)
        shapes.append(poses)
        count += len(frames)
    if not parts:
        return files.empty(OUTLIERS).drop(columns=["usable", "picked"])
    pool = pd.concat(parts, ignore_index=True)
    number, time = pool["number"].to_numpy(), pool["time"].to_numpy()
    shown = [part for part in shapes if len(part)]
    if shown:
        pool["pose"] = pose_term(np.concatenate(rows), np.concatenate(shown), number, time, rng=rng)
    pool["look"] = look_term(number, pool["frame"].to_numpy(), time, videos, rng=rng)
    return order_frames(pool, [item["video"] for item in videos])


def look_term(
    number: np.ndarray, frames: np.ndarray, time: np.ndarray, videos: list[dict], *, rng: np.random.Generator
) -> np.ndarray:
    """Measure how far frames look from others, each against what is usual of its video: f64[frame].

    Args:
        number: i64[frame], its video, in `videos`.
        frames: i64[frame], its index in that video.
        time: f64[frame], s.
        videos: as of `find_outliers`.
        rng: source of chance.
    """
    looks = np.full((len(frames), LENGTH), np.nan, np.float32)
    for at, item in enumerate(videos):
        own = number == at
        looks[own] = against_usual(read_looks(item, frames[own]))
    return rarity(looks, number, time, rng=rng)


def order_frames(pool: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Turn the terms of a pool into ranks: columns number (of the video, in `names`), frame, time and the terms."""
    for name in TERMS:
        pool[name] = surprises(pool[name].to_numpy(float)) if name in pool else np.float32(0)
    terms = pool[list(TERMS)].to_numpy()
    pool["video"] = np.array(names, object)[pool["number"]]
    pool["score"] = together(terms)
    pool["reason"] = np.array(list(TERMS), object)[terms.argmax(axis=1)]
    pool = pool.sort_values(["score", "video", "frame"], ascending=[False, True, True], kind="stable")
    pool = pool.reset_index(drop=True).assign(rank=np.arange(1, len(pool) + 1))
    return pool[[name for name in OUTLIERS.names if name not in ("usable", "picked")]]
