"""Which frames are picked: unusual ones of all videos, and none that may not be."""

import numpy as np
import pandas as pd
import pytest

from marey.labelling.batches import pick_batch
from marey.labelling.find_outliers import find_outliers, rank_frames
from marey.labelling.labeling_kit import labeling_kit
from marey.tables import files
from marey.tables.frames import FRAMES
from marey.tables.outliers import OUTLIERS, TERMS
from marey.tables.probe import PROBE
from marey.tables.samples import SAMPLES
from marey.tables.smoothed import SMOOTHED

from ..made_poses import frames, probe
from .looks import SHAPE, look_bytes
from .made_tracks import spoil, tracks
from .test_labeling_kit import CONFIG as KIT

NAMES = ["snout", "left_ear", "right_ear", "tail_base"]
CONFIG = {"keypoints": NAMES, "skeleton": None, "symmetry": None, "seed": 0}


def looks(seed: int, count: int = 90) -> np.ndarray:
    """A grey floor, on which something dark walks about: f64[count, *SHAPE]."""
    rng = np.random.default_rng(seed)
    image = rng.normal(120, 3, (count, *SHAPE))
    place = np.clip(np.cumsum(rng.normal(0, 0.5, (count, 2)), axis=0) + 3, 0, 5).astype(int)
    image[np.arange(count), place[:, 0], place[:, 1]] = 20
    return image


def write_poses(path, video: str, poses: pd.DataFrame) -> None:
    """Write the table `smoothed`."""
    rows = poses.assign(video=video, x=poses["raw_x"], y=poses["raw_y"])
    rows["state"] = np.where(rows["x"].notna(), "measured", "gap")
    files.write(path, rows[SMOOTHED.names], SMOOTHED)


@pytest.fixture
def film_with(table, tmp_path):
    """Returns a function that gives a video with made poses and looks, one of the `videos` of `find_outliers`."""

    def made(video: str, poses: pd.DataFrame, shown=None, **options) -> dict:
        path = tmp_path / f"{video}.smoothed"
        write_poses(path, video, poses)
        return table(looks(ord(video)) if shown is None else shown, video=video, **options) | {"poses": path}

    return made


def run(videos, tmp_path, labelled=None, splits=None, **config):
    outs = [tmp_path / "outliers.parquet", tmp_path / "samples.parquet"]
    part = {"outliers": {"frames": 5, "min_distance": 2.0} | config}
    find_outliers(videos, labelled, splits, outs, config=CONFIG | part, provenance={})
    return files.read(outs[0], OUTLIERS), files.read(outs[1], SAMPLES)


def pairs(rows: pd.DataFrame) -> set:
    return set(zip(rows["video"], rows["frame"], strict=True))


def made(seed: int) -> pd.DataFrame:
    return tracks(seed, 90, names=tuple(NAMES))


def test_all_frames_are_ranked_and_the_worst_of_all_videos_are_picked(film_with, tmp_path):
    poses = {video: made(ord(video)) for video in "ab"}
    faults = {("a", frame) for frame in spoil(poses["a"], "swap", np.random.default_rng(0), count=1)}
    faults |= {("b", frame) for frame in spoil(poses["b"], "missing", np.random.default_rng(1), count=1)}
    ranked, picked = run([film_with(video, table) for video, table in poses.items()], tmp_path)
    assert sorted(pairs(ranked)) == [(video, frame) for video in "ab" for frame in range(90)]
    assert ranked["rank"].tolist() == list(range(1, 181))
    assert ranked["score"].is_monotonic_decreasing
    assert (ranked[list(TERMS)] >= 0).all(axis=None)
    assert faults < pairs(picked) == pairs(ranked[ranked["picked"]])
    assert len(picked) == 5
    reasons = ranked.set_index(["video", "frame"])["reason"]
    assert {reasons[key] for key in faults} == {"swap", "missing"}


def test_the_same_again(film_with, tmp_path):
    videos = [film_with(video, made(ord(video))) for video in "ab"]
    first, second = run(videos, tmp_path), run(videos[::-1], tmp_path)
    for one, other in zip(first, second, strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_the_kit_holds_what_is_picked_with_its_predictions(film_with, tmp_path):
    video = film_with("a", made(1))
    _, picked = run([video], tmp_path)
    poses = video["poses"].rename(tmp_path / "a.parquet")
    labeling_kit(tmp_path / "samples.parquet", [poses], [tmp_path / "kit.html"], config=KIT | CONFIG)
    page = (tmp_path / "kit.html").read_text()
    assert page.count('id="frame-') == len(picked) == 5


def test_what_may_not_be_picked(film_with, tmp_path):
    """Labelled, damaged and other frames than the sheet asks for, and what lies between frames that test."""
    videos = [film_with("a", made(1), faults=range(10, 20), wanted=(5, 55)), film_with("b", made(2), wanted=(0, 9))]
    frames = [*range(20, 30), *range(40, 50)]
    labelled = pd.DataFrame({"video": "a", "frame": frames})
    splits = labelled[::9].assign(fold=0, group="block1", part=["train", "test", "test"])  # frames 20, 29 and 48
    splits.loc[splits["frame"] == 20, "group"] = "block0"
    splits = pd.concat([splits, pd.DataFrame({"fold": [0], "video": "b", "frame": 3, "group": "b", "part": "test"})])
    ranked, picked = run(videos, tmp_path, labelled, splits, frames=500, min_distance=0)
    assert set(picked["video"]) == {"a"}  # of b, all that is labelled tests
    assert sorted(picked["frame"]) == [*range(5, 10), *range(50, 55)]
    assert set(ranked.loc[ranked["usable"], "frame"]) == set(picked["frame"])
    folds = pd.concat([splits, splits.assign(fold=1, part="train")])
    _, picked = run(videos, tmp_path, labelled, folds, frames=500, min_distance=0)
    assert set(picked["video"]) == {"a", "b"}
    assert not {*picked.loc[picked["video"] == "a", "frame"]} & {*frames, *range(10, 20)}


def test_of_frames_of_a_second_that_look_alike_one_is_picked(film_with, tmp_path):
    still = np.full((90, *SHAPE), 100.0)
    labelled = pd.DataFrame({"video": "a", "frame": [45]})
    _, picked = run([film_with("a", made(1), still)], tmp_path, labelled, frames=90)
    times = np.sort(np.append(picked["time"], 1.5))
    assert np.diff(times).min() >= 1
    _, picked = run(
        [film_with("a", made(1), np.where(np.arange(90)[:, None, None] % 2, 90, still))], tmp_path, frames=90
    )
    assert 0.25 <= np.diff(np.sort(picked["time"])).min() < 1  # others look otherwise; nearer than that counts as alike


def test_ordinary_cases(film_with, tmp_path):
    """A budget beyond the pool, and videos without predictions, without animals, of one frame, or that do not move."""
    nobody = made(3).assign(raw_x=np.nan, raw_y=np.nan)
    still = made(4)
    still[["raw_x", "raw_y"]] = still.groupby("keypoint")[["raw_x", "raw_y"]].transform("first")
    short = {"wanted": (0, 4)}
    videos = [film_with("a", made(1), **short), film_with("b", made(2)[:0], **short), film_with("c", nobody, **short)]
    videos += [film_with("d", made(5), wanted=(7, 8)), film_with("e", still, **short)]
    ranked, picked = run(videos, tmp_path, frames=10_000, min_distance=0)
    assert len(ranked) == len(picked) == 4 * 4 + 1
    for some in ([], videos[1:2], videos[2:3], videos[3:4]):
        ranked, picked = run(some, tmp_path, frames=3, min_distance=0)
        assert len(picked) == min(3, len(ranked))


def curled(poses, shown, rare):
    """All points nearer to their middle."""
    own = poses["frame"].isin(rare)
    middle = poses.groupby("frame")[["raw_x", "raw_y"]].transform("mean")
    poses.loc[own, ["raw_x", "raw_y"]] = 0.4 * poses[["raw_x", "raw_y"]] + 0.6 * middle


def bent(poses, shown, rare):
    """The tail base beside the body."""
    own = poses["frame"].isin(rare) & (poses["keypoint"] == "tail_base")
    ears = poses[poses["frame"].isin(rare)].set_index(["frame", "keypoint"])[["raw_x", "raw_y"]].unstack("frame")
    beside = ears.loc["right_ear"] + 1.5 * (ears.loc["right_ear"] - ears.loc["left_ear"])
    poses.loc[own, ["raw_x", "raw_y"]] = beside.unstack(0).to_numpy()


def dim(poses, shown, rare):
    """Less light."""
    shown[0][rare] *= 0.6


def hand(poses, shown, rare):
    """Something in a quarter of the image."""
    shown[0][rare, :3, :4] = 60


def blur(poses, shown, rare):
    """Less structure."""
    shown[1][rare] *= 0.6


@pytest.mark.parametrize("state", [curled, bent, dim, hand, blur])
def test_rare_states_of_two_of_five_videos(tmp_path, state):
    """One frame of twenty in two videos: of 20 picks, 8 at least are such, of both."""
    videos, rare = [], set()
    for number, video in enumerate("abcde"):
        poses, light = tracks(number, 300, names=tuple(NAMES)), looks(number, 300)
        shown = light, np.random.default_rng(number).normal(40, 2, light.shape)
        if video in "bd":
            frames = np.random.default_rng(number).choice(300, 15, replace=False)
            state(poses, shown, np.sort(frames))
            rare |= {(video, frame) for frame in frames}
        videos.append(item(tmp_path, video, poses, *shown))
    config = {"frames": 20, "min_distance": 2.0}
    ranked = rank_frames(videos, config=CONFIG).assign(usable=True)
    picked = ranked.iloc[pick_batch(ranked, videos, None, config=config)]
    found = rare & pairs(picked)
    assert len(picked) == 20
    assert len(found) >= 8
    assert {video for video, _ in found} == {"b", "d"}


def item(folder, video: str, poses: pd.DataFrame, light: np.ndarray, structure: np.ndarray) -> dict:
    """A video without a film: its tables."""
    table = frames(len(light), np.arange(len(light)) / 30) | {"look": look_bytes(light, structure)}
    files.write(folder / f"{video}.f", table, FRAMES)
    files.write(folder / f"{video}.p", probe(len(light)), PROBE)
    write_poses(folder / f"{video}.s", video, poses)
    paths = {name: folder / f"{video}.{name[0]}" for name in ("frames", "probe")}
    return {"video": video, **paths, "poses": folder / f"{video}.s", "range": (0, None)}
