from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from marey.labelling.gallery import Gallery, grey_differences
from marey.labelling.sample_frames import k_centre, sample_frames
from marey.tables import files
from marey.tables.frames import FRAMES
from marey.tables.samples import SAMPLES
from marey.videos.reading import read_frame

from ..coded_video import number
from .looks import SHAPE, three_looks

CONFIG = {"method": "kmeans", "frames_per_video": 3, "frames_total": None, "min_distance": 2.0}


def run(videos, tmp_path, labelled=None, seed=0, **config):
    out = tmp_path / "samples.parquet"
    sample_frames(videos, labelled, out, config=CONFIG | config, seed=seed, provenance={"seed": seed})
    return files.read(out, SAMPLES)


@pytest.mark.parametrize("groups", [1, 9])
def test_kmeans_takes_the_medoid_of_each_look(groups, table, tmp_path):
    looks = three_looks()
    found = run([table(looks, groups=groups)], tmp_path)
    assert sorted(found["frame"] % 3) == [0, 1, 2]
    assert sorted(found["stratum"]) == [0, 1, 2]
    values = np.stack(looks).astype(np.uint8).reshape(90, -1).astype(float)
    for frame in found["frame"]:
        members = np.arange(frame % 3, 90, 3)
        medoid = members[grey_differences(values[members], values[members].mean(axis=0)).argmin()]
        assert frame == medoid


def test_pictures_are_the_full_frames(table, film, tmp_path):
    item = table(three_looks())
    frames = files.read(item["frames"], FRAMES)
    found = run([item], tmp_path)
    assert files.read_provenance(tmp_path / "samples.parquet") == {"seed": 0}
    for row in found.itertuples():
        image = Image.open(BytesIO(row.image))
        assert (image.format, image.size, row.width, row.height) == ("PNG", (80, 48), 80, 48)
        picture = np.asarray(image.convert("RGB"))
        assert number(picture) == row.frame
        np.testing.assert_array_equal(picture, read_frame(film, row.frame, frames=frames))
        assert row.time == pytest.approx(row.frame / 30)


def test_uniform_takes_the_centres_of_equal_intervals(table, tmp_path):
    looks = np.random.default_rng(0).uniform(0, 255, (90, *SHAPE))
    found = run([table(looks)], tmp_path, method="uniform", frames_per_video=4)
    assert found["frame"].tolist() == [11, 33, 56, 78]  # 0.5, 1.5, 2.5, 3.5 times 22.5
    assert found["stratum"].tolist() == [0] * 4
    assert set(found["method"]) == {"uniform"}


def test_motion_takes_one_frame_from_each_part(table, tmp_path):
    steps = np.random.default_rng(0).permutation(90) * np.where(np.arange(90) % 2, -1, 1)
    looks = [np.full(SHAPE, value) for value in np.clip(120 + np.cumsum(steps) / 8, 0, 255)]
    looks = np.stack(looks).astype(np.uint8)
    amount = np.abs(np.diff(looks.astype(float), axis=0)).mean(axis=(1, 2))
    ranks = 1 + np.argsort(amount, kind="stable")
    found = run([table(looks, groups=4)], tmp_path, method="motion", frames_per_video=3, min_distance=0)
    for row in found.itertuples():
        assert row.frame in np.array_split(ranks, 3)[row.stratum]
    assert sorted(found["stratum"]) == [0, 1, 2]


@pytest.mark.parametrize("method", ["uniform", "random", "kmeans", "motion"])
def test_seeded_and_within_the_rules(method, table, tmp_path):
    looks = list(np.random.default_rng(0).uniform(0, 255, (90, *SHAPE)))
    for index in range(90):
        looks[index] = looks[index] if index % 3 == 0 else None
    item = table(looks, faults=range(40, 50))
    first, again = (run([item], tmp_path, seed=5, method=method, frames_per_video=7) for _ in range(2))
    assert first.equals(again)
    assert len(first) == 7
    assert first["frame"].is_unique
    assert not first["frame"].between(40, 49).any()
    others = [
        run([item], tmp_path, seed=seed, method=method, frames_per_video=7)["frame"].tolist() for seed in range(4)
    ]
    assert (len({tuple(other) for other in others}) == 1) == (method == "uniform")


def test_what_looks_like_a_labelled_frame_is_left_out(table, tmp_path):
    looks = three_looks()
    labelled = pd.DataFrame({"video": ["v", "v", "elsewhere"], "frame": [30, 4000, 1]})
    found = run([table(looks)], tmp_path, labelled, min_distance=10.0)
    assert sorted(found["frame"] % 3) == [1, 2]
    assert len(run([table(looks)], tmp_path, labelled, method="uniform", frames_per_video=90, min_distance=10.0)) == 2


def test_labelled_frames_count_by_the_thumbnail_nearest_in_time(table, tmp_path):
    looks = [np.full(SHAPE, 20.0 if index < 45 else 220.0) if index % 10 == 0 else None for index in range(90)]
    item = table(looks)
    for frame, left in [(44, 220), (46, 20), (0, 220), (89, 20)]:  # nearest to 44 is 40, to 46 is 50
        labelled = pd.DataFrame({"video": ["v"], "frame": [frame]})
        found = run([item], tmp_path, labelled, frames_per_video=2, min_distance=10.0)
        assert Gallery(item).nearest_thumbnails(found["frame"].to_numpy()).mean() == left


def test_a_labelled_frame_itself_is_never_taken_and_a_like_one_may_replace_it(table, tmp_path):
    item = table(three_looks())
    chosen = run([item], tmp_path)["frame"]
    labelled = pd.DataFrame({"video": "v", "frame": chosen})
    found = run([item], tmp_path, labelled, min_distance=0)
    assert sorted(found["frame"] % 3) == [0, 1, 2]
    assert not set(found["frame"]) & set(chosen)


def test_total_budget_over_videos_of_different_forms(table, tmp_path):
    videos = [table(three_looks(), video="a"), table(three_looks(1), video="b")]
    tall = [look.T for look in three_looks(2)]
    videos.append(table(tall, video="c", shape=SHAPE[::-1]))
    assert len(run(videos, tmp_path)) == 9
    found = run(videos, tmp_path, frames_total=4)  # dark, bright, half, and the tall half
    assert len(found) == 4
    assert set(found["frame"] % 3) == {0, 1, 2}
    assert found[["video", "frame"]].equals(found[["video", "frame"]].sort_values(["video", "frame"]))


def test_budget_keeps_away_from_labelled_looks(table, tmp_path):
    labelled = pd.DataFrame({"video": "a", "frame": [0, 1]})  # dark and bright are known
    videos = [table(three_looks(), video="a"), table(three_looks(1), video="b")]
    found = run(videos, tmp_path, labelled, frames_total=1, min_distance=0)
    assert (found["frame"] % 3).tolist() == [2]


@pytest.mark.parametrize("method", ["uniform", "random", "kmeans", "motion"])
def test_nothing_to_sample(method, table, tmp_path):
    assert run([], tmp_path, method=method).empty
    looks = three_looks()
    assert run([table(looks, status="unreadable")], tmp_path, method=method).empty
    assert run([table(looks, faults=range(90))], tmp_path, method=method).empty
    one = run([table([looks[0]] + [None] * 89)], tmp_path, method=method)  # everything looks the same
    assert len(one) == 1


@given(st.integers(1, 12), st.integers(0, 5), st.integers(0, 2**16))
def test_k_centre_against_brute_force(count, fixed, seed):
    rng = np.random.default_rng(seed)
    looks, known = rng.normal(size=(12, 3)), rng.normal(size=(fixed, 3))
    kept = k_centre(looks, known, count, np.random.default_rng(seed))
    assert len(set(kept)) == count
    for step, index in enumerate(kept):
        taken = np.concatenate([known, looks[kept[:step]]])
        if len(taken):
            gaps = [
                min(grey_differences(taken, look)) if at not in kept[:step] else -1 for at, look in enumerate(looks)
            ]
            assert gaps[index] == max(gaps)


@pytest.mark.parametrize("method", ["uniform", "random", "kmeans", "motion"])
def test_only_the_wanted_frames_are_sampled(table, tmp_path, method):
    chosen = run([table(three_looks(), wanted=(30, 60))], tmp_path, method=method, min_distance=0)
    assert len(chosen) == 3
    assert chosen["frame"].between(30, 59).all()
