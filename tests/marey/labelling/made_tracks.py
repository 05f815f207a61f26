"""Made tracks that look like those of a network, and faults put into them."""

import numpy as np
import pandas as pd

from marey.experiment.skeletons import Skeleton
from marey.labelling.find_outliers import order_frames
from marey.labelling.outlier_terms import pose_term, video_shapes, video_terms
from marey.labelling.series import series_of

# A mouse from above, px: it looks along x.
BODY = {
    "snout": (30, 0),
    "left_ear": (18, -9),
    "right_ear": (18, 9),
    "body_centre": (0, 0),
    "left_hip": (-14, -8),
    "right_hip": (-14, 8),
    "tail_base": (-25, 0),
    "tail_tip": (-55, 0),
}
KINDS = ("jump", "swap", "frozen", "missing")


def tracks(seed: int, frames: int = 600, *, rate: float = 30, animals: int = 1, names: tuple = tuple(BODY)):
    """Rows of a table `smoothed`, as far as they are read: animals that run, turn and rest; noise of a network."""
    rng = np.random.default_rng(seed)
    body = np.array([BODY[name] for name in names], float)
    rows = []
    for animal in range(animals):
        step = 1 / rate
        awake = np.repeat(rng.random(frames // 20 + 1) < 0.7, 20)[:frames]
        turn = np.cumsum(awake * np.convolve(rng.normal(0, 12, frames), np.ones(9) / 9, "same") * step)
        speed = awake * np.abs(np.convolve(rng.normal(0, 400, frames), np.ones(15) / 15, "same"))
        heading = np.stack([np.cos(turn), np.sin(turn)], axis=-1)
        centre = np.cumsum(speed[:, None] * heading * step, axis=0)
        bend = 0.4 * np.convolve(rng.normal(0, 2, frames), np.ones(15) / 15, "same")
        angle = turn[:, None] + bend[:, None] * np.sign(body[:, 0])
        x = centre[:, :1] + np.cos(angle) * body[:, 0] - np.sin(angle) * body[:, 1]
        y = centre[:, 1:] + np.sin(angle) * body[:, 0] + np.cos(angle) * body[:, 1]
        points = np.stack([x, y], axis=-1) + rng.normal(0, 0.8, (frames, len(body), 2)) + 300 * animal
        confidence = np.clip(1 - rng.beta(1, 12, (frames, len(body))), 0.02, 1)
        far = rng.random((frames, len(body))) < 0.002  # where the network itself is wrong
        points[far] += rng.normal(0, 12, (far.sum(), 2))
        confidence[far] *= 0.5
        frame, keypoint = np.divmod(np.arange(frames * len(body)), len(body))
        part = {"frame": frame, "time": frame * step, "individual": f"animal{animal + 1}"}
        part["keypoint"] = np.array(names)[keypoint]
        part |= dict(zip(("raw_x", "raw_y"), points.reshape(-1, 2).T, strict=True))
        rows.append(pd.DataFrame({**part, "confidence": confidence.ravel(), "sigma_px": 2 - confidence.ravel()}))
    return pd.concat(rows, ignore_index=True)


def spoil(table: pd.DataFrame, kind: str, rng: np.random.Generator, *, count: int, size: float = 30, run: int = 1):
    """Put `count` faults of a kind into a table, each `run` frames long; returns the frames that have one."""
    frames, names = int(table["frame"].max()) + 1, sorted(table["keypoint"].unique())
    pairs = [(names[a], names[b]) for a, b in Skeleton.from_config({"keypoints": names}).pairs]
    places, found = ["raw_x", "raw_y"], set()
    for start in rng.choice(np.arange(10, frames - 10 - run), count, replace=False):
        own = table["individual"] == rng.choice(table["individual"].unique())
        point = own & (table["keypoint"] == rng.choice(names))
        now = table["frame"].between(start, start + run - 1)
        if kind == "jump":
            angle = rng.uniform(0, 2 * np.pi)
            table.loc[point & now, places] += size * np.array([np.cos(angle), np.sin(angle)])
        elif kind == "swap":
            left, right = (own & now & (table["keypoint"] == name) for name in pairs[rng.integers(len(pairs))])
            kept = table.loc[left, places].to_numpy()
            table.loc[left, places] = table.loc[right, places].to_numpy()
            table.loc[right, places] = kept
        elif kind == "frozen":
            table.loc[point & now, places] = table.loc[point & (table["frame"] == start - 1), places].to_numpy()
        else:
            table.loc[own & now, places] = np.nan
        found |= set(range(start, start + run))
    return found


def rank(tables: dict[str, pd.DataFrame], config: dict, *, rate: float = 30) -> pd.DataFrame:
    """Rank the frames of tables by video, as `find_outliers` does where nothing is known of their looks."""
    skeleton, parts, rows, shapes, count = Skeleton.from_config(config), [], [], [], 0
    for number, table in enumerate(tables.values()):
        frames = np.arange(int(table["frame"].max()) + 1 if len(table) else 5)
        series = series_of(table, list(skeleton.keypoints), len(frames))
        terms = video_terms(series, frames / rate, skeleton)
        parts.append(pd.DataFrame({"number": number, "frame": frames, "time": frames / rate, **terms}))
        places, poses = video_shapes(series, frames)
        rows.append(places + count)
        shapes.append(poses.reshape(len(poses), len(skeleton.keypoints), 2))
        count += len(frames)
    pool = pd.concat(parts, ignore_index=True)
    number, time = pool["number"].to_numpy(), pool["time"].to_numpy()
    pool["pose"] = pose_term(np.concatenate(rows), np.concatenate(shapes), number, time, rng=np.random.default_rng(0))
    return order_frames(pool, list(tables))


def auroc(score: np.ndarray, fault: np.ndarray) -> float:
    """How probable it is that a faulty frame scores above another one."""
    above = score[fault][:, None] - score[~fault]
    return float((above > 0).mean() + (above == 0).mean() / 2)
