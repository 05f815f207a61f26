"""From `poses` to `tracks` and `review`: hand-made videos of which everything is known."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marey.networks.outputs import Layout
from marey.tables import appearances, files, poses
from marey.tables.appearances import APPEARANCES
from marey.tables.frames import FRAMES
from marey.tables.poses import POSES
from marey.tables.review import REVIEW
from marey.tables.tracked import TRACKED
from marey.tables.tracks import TRACKS
from marey.tracking.corrected import CorrectionError
from marey.tracking.likeness import AppearanceError
from marey.tracking.track_video import track_video
from marey.tracking.tracker import track

from ..made_model import write_metadata
from .walks import walk

KEYPOINTS = ["snout", "feeder", "tail"]
SEVERAL = {"animals": {"method": "bottom_up", "number": None}, "corrections": [], "seed": 0}
SINGLE = {"animals": {"method": "single"}, "corrections": []}


def correction(action, first, frame, second=None, until=None):
    return {"action": action, "first": first, "frame": frame, "second": second, "until": until}


def pose(frame, instance, **points):
    """Rows of a pose: its keypoints by name."""
    return [(frame, instance, name, *place) for name, place in points.items()]


class Video:
    """A video of so many frames in a folder, at 10 frames/s, or at the times `ticks`; frame 3 is damaged."""

    def __init__(self, folder, count, keypoints=KEYPOINTS, ticks=None):
        self.folder = folder
        fault = np.arange(count) == 3
        table = {
            "video": ["v"] * count,
            "frame": range(count),
            "time": (np.arange(count) if ticks is None else ticks) / 10,
            "pts": range(count),
        }
        table |= {"digest": [0] * count, "key_frame": [True] * count, "fault": fault, "thumbnail": [None] * count}
        table["look"] = [b""] * count
        files.write(folder / "frames.parquet", table, FRAMES)
        write_metadata(folder / "model.json", keypoints)

    def look(self, rows, vectors, identities=()):
        """Write the table `appearances` for rows of poses, and whom the model tells apart; the path of the former.

        `vectors(frame, instance)` are what the animals look like.
        """
        write_metadata(self.folder / "model.json", KEYPOINTS, Layout(False, identities=tuple(identities)))
        animals = list(dict.fromkeys((frame, instance) for frame, instance, *_ in rows))
        frame, instance = np.array(animals).T
        seen = appearances.column_from(np.array([vectors(*key) for key in animals], np.float32))
        table = {"video": ["v"] * len(frame), "frame": frame, "instance": instance, "appearance": seen}
        files.write(self.folder / "appearances.parquet", table, APPEARANCES)
        return self.folder / "appearances.parquet"

    def track(self, rows, config=SEVERAL, **options):
        """The tables `tracks` and `review`, of rows (frame, instance, keypoint, x, y)."""
        table = pd.DataFrame(rows, columns=["frame", "instance", "keypoint", "x", "y"])
        table = table.assign(video="v", time=table["frame"] / 10, confidence=0.5, sigma_px=2.0, fault=False)
        files.write(self.folder / "poses.parquet", table, POSES)
        return self.again(config, **options)

    def again(self, config=SEVERAL, **options):
        """The same of the table `poses` that is there."""
        paths = [self.folder / name for name in ("poses.parquet", "frames.parquet")]
        outs = [self.folder / f"{name}.parquet" for name in ("tracks", "review", "tracked")]
        options = {"metadata_path": self.folder / "model.json", "provenance": {"rule": "track_video"}, **options}
        track_video(*paths, *outs, config=config, **options)
        return files.read(outs[0], TRACKS), files.read(outs[1], REVIEW)


def places(found, individual, keypoint):
    """Frames and x of a keypoint, as lists."""
    part = found[(found["individual"] == individual) & (found["keypoint"] == keypoint)]
    return part["frame"].tolist(), part["x"].fillna(-1).tolist()


def two(count, seen=lambda animal, frame: True):
    """Two animals that walk side by side; in odd frames the second is the instance 0. Animal 0 is at y = 10."""
    rows = []
    for frame in range(count):
        there = [animal for animal in (0, 1) if seen(animal, frame)]
        for instance, animal in enumerate(there[:: -1 if frame % 2 else 1]):
            x, y = frame + 0.5, 10.0 + 300 * animal
            rows += pose(frame, instance, snout=(x + 20, y), tail=(x, y))
    return rows


def test_a_single_animal_keeps_its_rows_and_gets_its_name(tmp_path):
    rows = [row for f in range(5) for row in pose(f, 0, snout=(f, 1), feeder=(np.nan, np.nan), tail=(f, 2))]
    found, listed = Video(tmp_path, 6).track(rows, SINGLE)
    before = files.read(tmp_path / "poses.parquet", POSES)
    assert set(found["individual"]) == {"mouse"}
    shared = [name for name in POSES.names if name not in ("instance", "fault")]
    pd.testing.assert_frame_equal(found[shared], before[shared])
    assert found["frame"][found["fault"]].tolist() == []
    assert listed.empty
    assert files.read_provenance(tmp_path / "tracks.parquet") == {"rule": "track_video"}


def test_animals_are_told_apart_and_named_in_order_of_appearance(tmp_path):
    found, _ = Video(tmp_path, 40).track(two(40, lambda animal, frame: animal == 1 or frame >= 10))
    assert found["individual"].unique().tolist() == ["animal1", "animal2"]
    assert places(found, "animal1", "tail") == (list(range(40)), [f + 0.5 for f in range(40)])
    assert places(found, "animal2", "snout") == (list(range(10, 40)), [f + 20.5 for f in range(10, 40)])
    assert set(found.loc[found["individual"] == "animal1", "y"]) == {310.0}
    assert set(found["keypoint"]) == {"snout", "tail"}  # no animal has a feeder


def test_what_is_unseen_has_rows_without_position(tmp_path):
    """Animal 1 is away in frames 20 to 22, both are in frame 30, and of a pose in frame 25 one point is seen."""
    away = {(1, 20), (1, 21), (1, 22), (0, 30), (1, 30), (0, 3), (1, 3)}
    rows = two(40, lambda animal, frame: (animal, frame) not in away)
    rows = [row for row in rows if not (row[0] == 25 and row[2] == "snout" and row[4] == 10)]
    found, _ = Video(tmp_path, 60).track(rows)
    assert len(found) == 40 * 2 * 2
    assert found["frame"].is_monotonic_increasing
    np.testing.assert_allclose(found["time"], found["frame"] / 10)
    unseen = found[found["x"].isna()]
    expected = sorted([*((f, n, k) for n, f in away for k in ("snout", "tail")), (25, 0, "snout")])
    names = unseen["individual"].map({"animal1": 0, "animal2": 1})
    assert sorted(zip(unseen["frame"], names, unseen["keypoint"], strict=True)) == expected
    assert (unseen["confidence"] == 0).all()
    assert unseen[["y", "sigma_px"]].isna().all(axis=None)
    seen = found[found["x"].notna()]
    assert set(seen["confidence"]) == {0.5}
    assert set(seen["sigma_px"]) == {2.0}
    assert set(found["frame"][found["fault"]]) == {3}  # nothing is seen there: the table `frames` says so


def test_the_fault_of_a_pose_is_kept(tmp_path):
    video = Video(tmp_path, 20)
    video.track(two(20))
    table = files.read(tmp_path / "poses.parquet", POSES)
    files.write(tmp_path / "poses.parquet", table.assign(fault=table["frame"] == 7), POSES)
    found, _ = video.again()
    assert set(found["frame"][found["fault"]]) == {7}


def test_objects_become_unique(tmp_path):
    rows = two(30) + [row for f in (4, 9) for row in pose(f, poses.UNIQUE_INSTANCE, feeder=(500, 400))]
    for config, names in ((SEVERAL, ["animal1", "animal2", "unique"]), (SINGLE, ["mouse", "unique"])):
        found, _ = Video(tmp_path, 30).track(rows, config)
        assert found["individual"].unique().tolist() == names
        alone = found[found["individual"] == "unique"]
        assert set(alone["keypoint"]) == {"feeder"}
        assert places(found, "unique", "feeder") == ([4, 5, 6, 7, 8, 9], [500, -1, -1, -1, -1, 500])


def test_poses_of_no_track_are_left_out(tmp_path):
    rows = two(60) + pose(20, 2, snout=(600, 900), tail=(620, 900))
    found, _ = Video(tmp_path, 60).track(rows)
    assert found["individual"].unique().tolist() == ["animal1", "animal2"]
    assert found["y"].max() < 400


def test_the_number_of_animals_is_heeded(tmp_path):
    rows = two(60, lambda animal, frame: animal == 0 or frame < 20)
    found, _ = Video(tmp_path, 60).track(rows, {**SEVERAL, "animals": {"method": "bottom_up", "number": 1}})
    assert found["individual"].unique().tolist() == ["animal1"]
    assert set(found["y"]) == {10.0}


@pytest.mark.parametrize("config", [SEVERAL, SINGLE])
def test_videos_in_which_nothing_is_seen(tmp_path, config):
    found, listed = Video(tmp_path, 5).track([], config)
    assert found.empty
    assert listed.empty
    found, listed = Video(tmp_path, 5).track(pose(2, poses.UNIQUE_INSTANCE, feeder=(1, 2)), config)
    assert found[["individual", "frame"]].values.tolist() == [["unique", 2]]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(1, 60), st.integers(1, 400))
def test_blocks_change_nothing_and_the_answer_is_that_of_memory(tmp_path, seed, animals, count, rows):
    instances, _ = walk(seed, animals=animals, frames=count, keypoints=3, spurious=0.2, arena=(200, 150))
    number = np.arange(len(instances)) - np.searchsorted(instances.frame, instances.frame)
    made = [
        (frame, instance, name, *place)
        for frame, instance, points in zip(instances.frame, number, instances.points, strict=True)
        for name, place in zip(KEYPOINTS, points, strict=True)
    ]
    video = Video(tmp_path, count)
    found, listed = video.track(made)
    for one, other in zip((found, listed), video.again(rows=rows), strict=True):
        pd.testing.assert_frame_equal(one, other)
    name = track(instances).track
    kept = name >= 0
    index = found[found["keypoint"] == "tail"].set_index(["frame", "individual"])["x"]
    expected = [(f, f"animal{n + 1}") for f, n in zip(instances.frame[kept], name[kept], strict=True)]
    np.testing.assert_array_equal(index.loc[expected], instances.points[kept][:, 2, 0])


def meeting(folder, config=SEVERAL):
    """Two animals meet, vanish in frames 46 to 54, and come apart at right angles: nothing tells who is who."""
    frame = np.arange(100)
    near = 3.0 * np.maximum(np.abs(frame - 50), 0.1)
    rows = []
    for f in frame[np.abs(frame - 50) > 4].tolist():
        for animal, side in enumerate((-1, 1)):
            x, y = (500 + side * near[f], 500) if f < 50 else (500, 500 + side * near[f])
            rows += pose(f, animal, snout=(x, y), tail=(x, y + 5))
    return Video(folder, 100).track(rows, config)


def sides(found):
    """Of each individual: the sign of its way from the meeting in frames 0 and 99, (x, y)."""
    tails = found[found["keypoint"] == "snout"].set_index(["individual", "frame"])
    names = found["individual"].unique()
    return {n: (np.sign(tails.loc[(n, 0), "x"] - 500), np.sign(tails.loc[(n, 99), "y"] - 500)) for n in names}


def test_a_hole_in_time_counts_as_the_frames_that_are_lost(tmp_path):
    """Two animals run past each other while frames are lost; appearances that do not fit are named by true frames."""
    ticks = np.arange(100) + 20 * (np.arange(100) >= 50)
    way = 4.0 * (ticks - 59.5)
    rows = []
    for frame, x in enumerate(way.tolist()):
        for animal, side in enumerate((1, -1)):
            rows += pose(frame, animal, snout=(500 + side * x, 100), tail=(500 + side * x, 110))
    found, _ = Video(tmp_path, 100, ticks=ticks).track(rows)
    for name, side in (("animal1", 1), ("animal2", -1)):
        np.testing.assert_allclose(places(found, name, "snout")[1], 500 + side * way)
    video = Video(tmp_path, 100, ticks=ticks)
    path = video.look(rows[:-4], lambda frame, instance: (1.0, 2.0))
    with pytest.raises(AppearanceError, match="the next pose is of frame 99, the next vector of the end"):
        video.again(appearances_path=path)


def test_a_doubtful_meeting_is_listed_once(tmp_path):
    found, listed = meeting(tmp_path)
    (row,) = listed.to_dict("records")
    assert (row["rank"], row["video"], row["frame"], row["time"]) == (1, "v", 55, 5.5)
    assert {row["first"], row["second"]} == {"animal1", "animal2"}
    assert row["probability"] == pytest.approx(0.5, abs=0.05)
    at = found[(found["frame"] == 55) & (found["individual"] == row["first"])]
    assert (row["x"], row["y"]) == (at["x"].mean(), at["y"].mean())


@pytest.mark.parametrize(("frame", "settled"), [(55, True), (46, True), (45, False), (56, False)])
def test_a_swap_settles_the_meeting_that_it_is_about(tmp_path, frame, settled):
    before, _ = meeting(tmp_path)
    rows = [correction("swap", "animal2", frame, "animal1")]
    found, listed = meeting(tmp_path, {**SEVERAL, "corrections": rows})
    assert listed.empty == settled
    (one, two), was = sides(found).values(), sides(before)
    assert one == (was["animal1"][0], was["animal2"][1])
    assert two == (was["animal2"][0], was["animal1"][1])


def test_a_split_settles_and_names_follow(tmp_path):
    rows = [correction("split", "animal1", 55, "late"), correction("delete", "animal2", 0, until=46)]
    found, listed = meeting(tmp_path, {**SEVERAL, "corrections": rows})
    assert listed.empty
    frame = found.groupby("individual")["frame"].agg(["min", "max"])
    assert frame.loc[["animal1", "late", "animal2"]].to_numpy().tolist() == [[0, 45], [55, 99], [55, 99]]


def test_a_moment_of_an_animal_that_was_deleted_is_no_longer_listed(tmp_path):
    _, listed = meeting(tmp_path, {**SEVERAL, "corrections": [correction("delete", "animal2", 55)]})
    assert listed.empty


def test_a_single_animal_can_be_corrected(tmp_path):
    config = {**SINGLE, "corrections": [correction("delete", "mouse", 4, until=6)]}
    rows = [row for f in range(9) for row in pose(f, 0, snout=(f, 1), tail=(f, 2))]
    found, _ = Video(tmp_path, 9).track(rows, config)
    assert places(found, "mouse", "tail") == (list(range(9)), [0, 1, 2, 3, -1, -1, 6, 7, 8])


def test_errors_say_where(tmp_path):
    config = {**SEVERAL, "corrections": [correction("delete", "animal3", 4)]}
    with pytest.raises(CorrectionError, match=r"video 'v': correction 1 \(delete animal3, from frame 4\): there is no"):
        Video(tmp_path, 30).track(two(30), config)
    with pytest.raises(files.TableError, match=r"poses of frame 29, but .*frames.parquet ends after 20 frames"):
        Video(tmp_path, 20).track(two(30))
    with pytest.raises(files.TableError, match="poses.parquet: keypoint 'ear' is not one of snout, feeder, tail"):
        Video(tmp_path, 5).track(pose(2, 0, ear=(1, 2)))


def test_individuals_that_can_be_told_apart_have_their_names(tmp_path):
    """Animal 0 looks like Ada, animal 1 a little like Bob; a third is nobody who is known."""
    video, rows = Video(tmp_path, 40), two(40)
    rows += [row for f in range(10, 40) for row in pose(f, 2, snout=(600 - f, 600), tail=(580 - f, 600))]
    rows.sort(key=lambda row: row[0])
    logits = [(5.0, 0.0, 0.0), (0.0, 1.0, 0.0), (-4.0, -4.0, 0.0)]
    animal = lambda frame, instance: 2 if instance == 2 else (1 - instance if frame % 2 else instance)  # noqa: E731
    path = video.look(rows, lambda *key: logits[animal(*key)], ["ada", "bob"])
    plain, _ = video.track(rows)
    assert set(plain["individual"]) == {"animal1", "animal2", "animal3"}
    for count in (7, 100_000):
        found, _ = video.again(appearances_path=path, rows=count)
        assert found.groupby("individual")["y"].first().to_dict() == {"ada": 10.0, "bob": 310.0, "animal1": 600.0}
    config = {**SEVERAL, "corrections": [correction("swap", "ada", 20, "bob"), correction("split", "bob", 30, "eve")]}
    found, _ = video.again(config, appearances_path=path)
    late = found[found["frame"] == 35].groupby("individual")["y"].first().to_dict()
    assert late == {"ada": 310.0, "eve": 10.0, "animal1": 600.0}


def test_without_identities_appearance_changes_no_name(tmp_path):
    video, rows = Video(tmp_path, 40), two(40)
    path = video.look(rows, lambda frame, instance: (1.0, 2.0))
    plain, _ = video.track(rows)
    pd.testing.assert_frame_equal(video.again(appearances_path=path)[0], plain)


def test_appearances_of_another_assembly_are_refused(tmp_path):
    video, rows = Video(tmp_path, 40), two(40)
    path = video.look(rows[:-8], lambda frame, instance: (1.0, 2.0))
    with pytest.raises(AppearanceError, match="the next pose is of frame 38, the next vector of the end. Delete them"):
        video.track(rows, appearances_path=path)


def test_what_was_left_out_is_counted(tmp_path):
    """Beside two animals, another pose in three frames."""
    rows = two(60) + [row for frame in (10, 30, 50) for row in pose(frame, 2, snout=(900, 700), tail=(880, 900))]
    video = Video(tmp_path, 70)

    def counted(config, rows=rows):
        video.track(rows, config)
        return files.read(tmp_path / "tracked.parquet", TRACKED).to_dict("records")

    known = {**SEVERAL, "animals": {"method": "bottom_up", "number": 2}}
    (row,) = counted(known)
    assert row == {"video": "v", "poses": 123, "individuals": 2, "left_out": 3, "surplus": 3}
    (row,) = counted(SEVERAL)
    assert pd.isna(row.pop("surplus"))
    assert row == {"video": "v", "poses": 123, "individuals": 3, "left_out": 0}  # what stays is an animal, too
    assert counted(known, []) == []
    kept = counted({**known, "corrections": [correction("delete", "animal1", 0)]})
    assert kept[0]["left_out"] == 3
