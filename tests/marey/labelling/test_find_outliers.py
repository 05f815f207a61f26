"""Which frames are picked: unusual ones of all videos, and none that may not be."""

import numpy as np
import pandas as pd
import pytest

from marey.labelling.find_outliers import find_outliers
from marey.labelling.labeling_kit import labeling_kit
from marey.tables import files
from marey.tables.outliers import OUTLIERS, TERMS
from marey.tables.samples import SAMPLES
from marey.tables.smoothed import SMOOTHED

from .looks import SHAPE
from .made_tracks import spoil, tracks
from .test_labeling_kit import CONFIG as KIT

NAMES = ["snout", "left_ear", "right_ear", "tail_base"]
CONFIG = {"keypoints": NAMES, "skeleton": None, "symmetry": None, "seed": 0}


def looks(seed: int) -> np.ndarray:
    """A grey floor, on which something dark walks about: u8[90, *SHAPE]."""
    rng = np.random.default_rng(seed)
    image = rng.normal(120, 3, (90, *SHAPE))
    place = np.clip(np.cumsum(rng.normal(0, 0.5, (90, 2)), axis=0) + 3, 0, 5).astype(int)
    image[np.arange(90), place[:, 0], place[:, 1]] = 20
    return image


@pytest.fixture
def film_with(table, tmp_path):
    """Returns a function that gives a video with made poses and looks, one of the `videos` of `find_outliers`."""

    def made(video: str, poses: pd.DataFrame, shown=None, **options) -> dict:
        rows = poses.assign(video=video, x=poses["raw_x"], y=poses["raw_y"])
        rows["state"] = np.where(rows["x"].notna(), "measured", "gap")
        path = tmp_path / f"{video}.smoothed"
        files.write(path, rows[SMOOTHED.names], SMOOTHED)
        return table(looks(ord(video)) if shown is None else shown, video=video, **options) | {"poses": path}

    return made


def run(videos, tmp_path, labelled=None, splits=None, **config):
    outs = [tmp_path / "outliers.parquet", tmp_path / "samples.parquet"]
    part = {"outliers": {"frames": 5, "min_distance": 2.0} | config}
    find_outliers(videos, labelled, splits, outs, config=CONFIG | part, provenance={})
    return files.read(outs[0], OUTLIERS), files.read(outs[1], SAMPLES)


def made(seed: int) -> pd.DataFrame:
    return tracks(seed, 90, names=tuple(NAMES))


def test_all_frames_are_ranked_and_the_worst_of_all_videos_are_picked(film_with, tmp_path):
    poses = {video: made(ord(video)) for video in "ab"}
    faults = {("a", frame) for frame in spoil(poses["a"], "swap", np.random.default_rng(0), count=1)}
    faults |= {("b", frame) for frame in spoil(poses["b"], "missing", np.random.default_rng(1), count=1)}
    ranked, picked = run([film_with(video, table) for video, table in poses.items()], tmp_path)
    assert sorted(zip(ranked["video"], ranked["frame"])) == [(video, frame) for video in "ab" for frame in range(90)]
    assert ranked["rank"].tolist() == list(range(1, 181))
    assert ranked["score"].is_monotonic_decreasing
    assert (ranked[list(TERMS)] >= 0).all(axis=None)
    chosen = set(zip(picked["video"], picked["frame"]))
    assert faults < chosen == set(zip(*ranked.loc[ranked["picked"], ["video", "frame"]].to_numpy().T))
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
    labeling_kit(tmp_path / "samples.parquet", [poses], [tmp_path / "kit.html"], config=KIT | {"keypoints": NAMES[:2]})
    page = (tmp_path / "kit.html").read_text()
    assert page.count('id="frame-') == len(picked) == 5


def test_what_may_not_be_picked(film_with, tmp_path):
    """Labelled, damaged and other frames than the sheet asks for, and what lies between frames that test."""
    videos = [film_with("a", made(1), faults=range(10, 20), wanted=(5, 60)), film_with("b", made(2))]
    frames = [*range(20, 30), *range(40, 50)]
    labelled = pd.DataFrame({"video": "a", "frame": frames})
    splits = labelled[::9].assign(fold=0, group="block1", part=["train", "test", "test"])  # frames 20, 29 and 48
    splits.loc[splits["frame"] == 20, "group"] = "block0"
    splits = pd.concat([splits, pd.DataFrame({"fold": [0], "video": "b", "frame": 3, "group": "b", "part": "test"})])
    ranked, picked = run(videos, tmp_path, labelled, splits, frames=500, min_distance=0)
    assert set(picked["video"]) == {"a"}  # of b, all that is labelled tests
    assert sorted(picked["frame"]) == [*range(5, 10), *range(49, 60)]
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
    _, picked = run([film_with("a", made(1), np.where(np.arange(90)[:, None, None] % 2, 90, still))], tmp_path, frames=90)
    assert np.diff(np.sort(picked["frame"])).min() % 2 == 1  # those beside look otherwise


def test_ordinary_cases(film_with, tmp_path):
    """A budget beyond the pool, and videos without predictions, without animals, of one frame, or that do not move."""
    nobody = made(3).assign(raw_x=np.nan, raw_y=np.nan)
    still = made(4).groupby(["individual", "keypoint"]).transform("first").assign(
        individual="m", keypoint=made(4)["keypoint"], frame=made(4)["frame"], time=made(4)["time"]
    )
    videos = [film_with("a", made(1)), film_with("b", made(2)[:0]), film_with("c", nobody)]
    videos += [film_with("d", made(5), wanted=(7, 8)), film_with("e", still[SMOOTHED_COLUMNS])]
    ranked, picked = run(videos, tmp_path, frames=10_000, min_distance=0)
    assert len(ranked) == len(picked) == 90 * 4 + 1
    worst = ranked.groupby("video")["rank"].min()
    assert worst["a"] < worst[["b", "c", "e"]].min()
    for some in ([], videos[1:2], videos[3:4]):
        ranked, picked = run(some, tmp_path, frames=3)
        assert len(picked) == min(3, len(ranked))


SMOOTHED_COLUMNS = ["frame", "time", "individual", "keypoint", "raw_x", "raw_y", "confidence", "sigma_px"]


@pytest.mark.parametrize("seed", range(3))
def test_rare_states_of_two_of_five_videos(film_with, tmp_path, seed):
    """An animal that is curled up, in one frame of twenty."""
    videos, rare = [], set()
    for number, video in enumerate("abcde"):
        poses, shown = made(10 * seed + number), looks(10 * seed + number)
        if video in "bd":
            frames = np.random.default_rng(seed + number).choice(90, 5, replace=False)
            own = poses["frame"].isin(frames)
            middle = poses.groupby("frame")[["raw_x", "raw_y"]].transform("mean")
            poses.loc[own, ["raw_x", "raw_y"]] = 0.4 * poses[["raw_x", "raw_y"]] + 0.6 * middle
            poses.loc[own, "confidence"] *= 0.8
            shown[frames, 2:4, 2:5] -= 40
            rare |= {(video, frame) for frame in frames}
        videos.append(film_with(video, poses, shown))
    _, picked = run(videos, tmp_path, frames=20)
    found = rare & set(zip(picked["video"], picked["frame"]))
    assert len(picked) == 20
    assert len(found) >= 8
    assert {video for video, _ in found} == {"b", "d"}
