"""Assembly: each frame of a video exactly once, or an error that names shard and frame."""

import itertools

import numpy as np
import pandas as pd
import pytest

from marey.assembly import assemble_video as module
from marey.assembly import instances
from marey.assembly.assemble_video import CoverageError, assemble_video
from marey.networks import outputs
from marey.tables import appearances, files
from marey.tables.affinities import AFFINITIES
from marey.tables.appearances import APPEARANCES
from marey.tables.confidence_curves import CONFIDENCE_CURVES
from marey.tables.descriptors import DESCRIPTORS
from marey.tables.detections import DETECTIONS
from marey.tables.frames import FRAMES
from marey.tables.graph import GRAPH
from marey.tables.poses import POSES
from marey.tables.scales import SCALES

from ..made_model import write_metadata

KEYPOINTS = ["snout", "tail"]


@pytest.fixture
def video(tmp_path):
    """Tables of a video of 120 frames and a function that writes shards of it and assembles them."""
    times = np.arange(120) / 30
    table = {"video": ["v"] * 120, "frame": range(120), "time": times, "pts": range(120), "digest": [0] * 120}
    files.write(
        tmp_path / "frames.parquet",
        {**table, "key_frame": [True] * 120, "fault": [False] * 120, "thumbnail": [None] * 120, "look": [b""] * 120},
        FRAMES,
    )
    # Raw confidence 0.5 is a probability of 0.9 and a noise of 3 px, which the spread makes 5.
    curves = {"curve": ["confidence"] * 3 + ["noise"] * 2 + ["sigma"] * 2, "score": [0, 0.5, 1, 0, 1, 0, 10]}
    curves |= {
        "value": [0, 0.9, 1, 6, 0, 0, 10],
        "tolerance": [13.0] * 7,
        "points": [40] * 7,
        "source": ["validation"] * 7,
    }
    files.write(tmp_path / "curves.parquet", curves, CONFIDENCE_CURVES)

    def assemble(*ranges: tuple[int, int], spoil=lambda table: table, frames=None, scales=None):
        paths = []
        for start, stop in ranges:
            frame = np.repeat(np.arange(start, stop), 2)
            rows = {
                "video": ["v"] * len(frame),
                "frame": frame,
                "keypoint": KEYPOINTS * (stop - start),
                "candidate": [0] * len(frame),
                "x": frame + 0.5,
                "y": -frame,
                "confidence": [0.5] * len(frame),
                "spread": [4.0] * len(frame),
                "fault": [False] * len(frame),
            }
            paths.append(tmp_path / f"{start}-{stop}.parquet")
            files.write(paths[-1], spoil(rows), DETECTIONS)
        out = tmp_path / "poses.parquet"
        assemble_video(
            paths,
            tmp_path / "frames.parquet",
            tmp_path / "curves.parquet",
            out,
            keypoints=KEYPOINTS,
            frames=frames,
            provenance={},
            scales_path=scales,
        )
        return files.read(out, POSES)

    return assemble


def write_scales(path, *, scale: float, magnification: float):
    """A table `scales` of one row; returns its path."""
    row = {"video": "v", "scale": scale, "magnification": magnification, "used": True, "source": "measured"}
    row |= {"confidence": 0.9, "size": 40.0, "size_spread": 0.1, "frames": 12, "sized_frames": 12}
    files.write(path, {name: [value] for name, value in row.items()}, SCALES)
    return path


def test_sigma_is_that_of_px_of_the_video(video, tmp_path):
    """Twice as large as where the curves were fitted: noise of 6 px, with the spread of 4 px."""
    table = video((0, 120), scales=write_scales(tmp_path / "scales.parquet", scale=0.5, magnification=2))
    np.testing.assert_allclose(table["sigma_px"], np.hypot(6, 4), rtol=1e-6)
    np.testing.assert_allclose(table["confidence"], 0.9, rtol=1e-6)


def test_tables_say_what_their_confidence_rests_on(video, tmp_path):
    video((0, 120))
    assert files.read_provenance(tmp_path / "poses.parquet")["confidence"] == "validation"


def test_a_graph_is_that_of_animals_as_large_as_in_the_video(mice, tmp_path):
    mice()
    graph = instances.read_graph(tmp_path / "graph.parquet").magnified(2.5)
    assert graph.odds.length.tolist() == [[7.5, 2.5]]


def test_shards_in_any_order_make_one_table(video):
    whole = video((0, 120))
    parts = video((100, 120), (0, 20), (20, 100))
    assert whole.equals(parts)
    assert whole["frame"].tolist() == np.repeat(np.arange(120), 2).tolist()
    np.testing.assert_allclose(whole["time"], whole["frame"] / 30)
    assert set(whole["instance"]) == {0}
    np.testing.assert_allclose(whole["x"], whole["frame"] + 0.5)
    np.testing.assert_allclose(whole["confidence"], 0.9, rtol=1e-6)
    np.testing.assert_allclose(whole["sigma_px"], 5)


@pytest.mark.parametrize(
    ("ranges", "message"),
    [
        ([(0, 50), (60, 120)], r"60-120.parquet: expected 2 rows for each frame of \[50, 120\), but frame 50 has 0"),
        ([(0, 50), (40, 120)], r"40-120.parquet: expected 2 rows"),
        ([(0, 100)], r"0-100.parquet: ends at frame 100, but frames up to 120 are due"),
        ([], r"no shards"),
    ],
)
def test_holes_overlaps_and_short_shards_are_refused(video, ranges, message):
    with pytest.raises(CoverageError, match=message):
        video(*ranges)


@pytest.mark.parametrize(("frames", "due"), [("20:", (20, 120)), (":100", (0, 100)), ("20:999", (20, 120))])
def test_of_a_range_its_frames_are_due(video, frames, due):
    table = video(due, frames=frames)
    assert table["frame"].tolist() == np.repeat(np.arange(*due), 2).tolist()
    with pytest.raises(CoverageError):
        video((due[0], 60), frames=frames)


def test_a_shard_that_lacks_a_frame_is_refused(video):
    def spoil(rows):
        return {name: list(values)[:-2] for name, values in rows.items()}

    with pytest.raises(CoverageError, match="but frame 119 has 0"):
        video((0, 120), spoil=spoil)


def test_other_keypoints_are_refused(video):
    with pytest.raises(CoverageError, match="keypoints are not snout, tail"):
        video((0, 120), spoil=lambda rows: {**rows, "keypoint": ["snout", "nose"] * 120})


@pytest.fixture
def mice(tmp_path):
    """Shards of 40 frames of two animals far apart, and a function that assembles any ranges of them.

    Each row of `detections` has a vector, which holds the frame, the animal and the keypoint. In frame 7 one animal
    shows a single keypoint, and none is seen in frame 8.
    """
    count = 40
    table = {"video": ["v"] * count, "frame": range(count), "time": np.arange(count) / 10, "pts": range(count)}
    table |= {"digest": [0] * count, "key_frame": [True] * count, "fault": [False] * count}
    table |= {"thumbnail": [None] * count, "look": [b""] * count}
    files.write(tmp_path / "frames.parquet", table, FRAMES)
    curves = {"curve": ["confidence"] * 2 + ["noise"] * 2 + ["sigma"] * 2, "score": [0, 1, 0, 1, 0, 10]}
    curves |= {"value": [0, 1, 6, 0, 0, 10], "tolerance": [13.0] * 6, "points": [40] * 6, "source": ["validation"] * 6}
    files.write(tmp_path / "curves.parquet", curves, CONFIDENCE_CURVES)
    write_metadata(tmp_path / "model.json", KEYPOINTS, outputs.Layout(False, ((0, 1),), (), 2, descriptor=3))
    edge = {"edge": [0], "source": ["snout"], "target": ["tail"], "length": [3.0], "length_sd": [1.0]}
    edge |= {"separability": [1.0], "weights": [[8.0, 0, 0, -2.0]], "used": [True]}
    files.write(tmp_path / "graph.parquet", edge, GRAPH)

    def assemble(*cuts: int, spoil=lambda vectors: vectors):
        paths = [[], [], []]
        for start, stop in itertools.pairwise([0, *cuts, count]):
            rows = itertools.product(range(start, stop), KEYPOINTS, (0, 1))
            frame, keypoint, candidate = (np.array(part) for part in zip(*rows, strict=True))
            animal = np.where(frame % 2, candidate, 1 - candidate)
            tail = keypoint == "tail"
            sure = np.where(tail, 0.4, 0.8)
            sure[(frame == 8) | ((frame == 7) & (animal == 1) & tail)] = 0.0
            vectors = np.stack([frame, animal, tail], axis=1).astype(np.float32)
            here = {"video": ["v"] * len(frame), "frame": frame}
            detected = {
                "keypoint": keypoint,
                "candidate": candidate,
                "x": 100.0 * animal,
                "y": np.where(tail, 3.0, 0.0),
            }
            detected |= {"confidence": sure, "spread": [np.nan] * len(frame), "fault": [False] * len(frame)}
            name = f"{start}-{stop}"
            for kind, suffix in enumerate(("parquet", "affinities.parquet", "descriptors.parquet")):
                paths[kind].append(tmp_path / f"{name}.{suffix}")
            files.write(paths[0][-1], here | detected, DETECTIONS)
            pairs = [(f, 0, a, b, 0.9 if a == b else 0.0) for f in range(start, stop) for a in (0, 1) for b in (0, 1)]
            pairs = dict(zip(("frame", "edge", "source", "target", "affinity"), zip(*pairs, strict=True), strict=True))
            files.write(paths[1][-1], {"video": ["v"] * len(pairs["frame"]), **pairs}, AFFINITIES)
            seen = {"descriptor": appearances.column_from(spoil(vectors))}
            short = {key: value[: len(seen["descriptor"])] for key, value in here.items()}
            files.write(paths[2][-1], short | seen, DESCRIPTORS)
        tables = [tmp_path / f"{name}.parquet" for name in ("frames", "curves", "poses")]
        out = tmp_path / "appearances.parquet"
        more = {"metadata_path": tmp_path / "model.json", "graph_path": tmp_path / "graph.parquet"}
        more |= {"affinities_paths": paths[1], "descriptors_paths": paths[2]}
        config = {"min_confidence": 0.1, "min_keypoints": 1}
        where = {"keypoints": KEYPOINTS, "frames": None, "config": config, "provenance": {}}
        assemble_video(paths[0], *tables, out, **more, **where)
        return files.read(tables[2], POSES), files.open_table(out, APPEARANCES).read()

    return assemble


def test_appearances_are_weighted_means_of_each_animals_keypoints(mice):
    table, seen = mice()
    written = table[["frame", "instance"]].drop_duplicates()
    assert written.to_numpy().tolist() == np.stack([seen["frame"], seen["instance"]], axis=1).tolist()
    assert len(seen) == 2 * 39
    vectors = appearances.matrix(seen["appearance"])
    np.testing.assert_array_equal(vectors[:, 0], seen["frame"])
    x = table.groupby(["frame", "instance"])["x"].first()
    np.testing.assert_array_equal(vectors[:, 1], (x > 50).astype(float))
    alone = (vectors[:, 0] == 7) & (vectors[:, 1] == 1)
    np.testing.assert_allclose(vectors[~alone, 2], 0.4 / (0.8 + 0.4), rtol=1e-3)
    assert vectors[alone, 2].tolist() == [0]


def test_the_number_of_shards_changes_no_appearance(mice):
    whole = mice()[1]
    for cuts in ((7, 8), (8, 20, 33), (1, 39)):
        assert mice(*cuts)[1].equals(whole)


def test_descriptors_that_do_not_fit_their_shard_are_refused(mice):
    with pytest.raises(CoverageError, match=r"descriptors.parquet: 159 rows, but .*0-40.parquet has 160"):
        mice(spoil=lambda vectors: vectors[:-1])


@pytest.fixture
def two_animals(tmp_path, video):
    """Assembles two animals in each of 20 frames, of which 5 to 7 and the last show none, from one shard."""
    empty = {5, 6, 7, 19}
    points, pairs = [], []
    for frame in range(20):
        for keypoint in KEYPOINTS:
            for number in range(1 if frame in empty else 2):  # the likelier tail is the other animal's
                x = np.nan if frame in empty else 100 * (number ^ (keypoint == "tail")) + frame
                points.append(("v", frame, keypoint, number, x, x, 0 if frame in empty else 0.9 - 0.1 * number))
        if frame not in empty:
            pairs += [("v", frame, 0, a, b, float(a != b)) for a in (0, 1) for b in (0, 1)]
    table = pd.DataFrame(points, columns=["video", "frame", "keypoint", "candidate", "x", "y", "confidence"])
    shard = tmp_path / "0-20.parquet"
    files.write(shard, table.assign(spread=np.nan, fault=False), DETECTIONS)
    names = [field.name for field in AFFINITIES]
    files.write(tmp_path / "0-20.affinities.parquet", pd.DataFrame(pairs, columns=names), AFFINITIES)
    write_metadata(tmp_path / "model.json", KEYPOINTS, outputs.Layout(False, ((0, 1),), (), 2), sigma=1)
    edge = {"edge": [0], "source": ["snout"], "target": ["tail"], "length": [1.0], "length_sd": [1.0]}
    edge |= {"separability": [1.0], "weights": [[10.0, 0, 0, -5]], "used": [True]}
    files.write(tmp_path / "graph.parquet", edge, GRAPH)

    def assemble():
        assemble_video(
            [shard],
            tmp_path / "frames.parquet",
            tmp_path / "curves.parquet",
            tmp_path / "poses.parquet",
            affinities_paths=[tmp_path / "0-20.affinities.parquet"],
            metadata_path=tmp_path / "model.json",
            graph_path=tmp_path / "graph.parquet",
            keypoints=KEYPOINTS,
            frames=":20",
            config={"min_confidence": 0.1, "min_keypoints": 2},
            provenance={},
        )
        return files.read(tmp_path / "poses.parquet", POSES)

    video((0, 120))  # for its tables of times and curves
    return assemble


@pytest.mark.parametrize("rows", [1, 7, 1_000_000])
def test_animals_are_the_same_however_much_is_read_at_once(two_animals, monkeypatch, rows):
    monkeypatch.setattr(module, "MAX_PAIR_ROWS", rows)
    found = two_animals()
    assert found["frame"].tolist() == [frame for frame in range(19) if frame not in (5, 6, 7) for _ in range(4)]
    of_animal = found.groupby(["frame", "instance"])["x"].agg(["min", "max"])
    assert (of_animal["min"] == of_animal["max"]).all()  # both keypoints of an animal are at one place
    assert of_animal.groupby("frame")["min"].agg(list).tolist() == [
        [frame, 100 + frame] for frame in sorted(set(found["frame"]))
    ]


def test_animals_are_put_together_by_helpers_which_are_then_left_out(tmp_path, video):
    """Nothing joins snout and tail but the middle, and the likelier tail is the other animal's."""
    names, (first, second) = ["snout", "tail", "middle"], (0, 1)
    points, pairs = [], []
    for frame in range(3):
        for keypoint in names:
            for number in (first, second):
                x = 100 * (number ^ (keypoint == "tail")) + frame
                points.append(("v", frame, keypoint, number, x, x, 0.9 - 0.1 * number))
        pairs += [("v", frame, 0, a, b, float(a == b)) for a in (0, 1) for b in (0, 1)]  # snout to middle
        pairs += [("v", frame, 1, a, b, float(a != b)) for a in (0, 1) for b in (0, 1)]  # middle to tail
    table = pd.DataFrame(points, columns=["video", "frame", "keypoint", "candidate", "x", "y", "confidence"])
    files.write(tmp_path / "0-3.parquet", table.assign(spread=np.nan, fault=False), DETECTIONS)
    affinities = pd.DataFrame(pairs, columns=[field.name for field in AFFINITIES])
    files.write(tmp_path / "0-3.affinities.parquet", affinities, AFFINITIES)
    layout = outputs.Layout(False, ((0, 2), (2, 1)), (), 2)
    write_metadata(tmp_path / "model.json", names, layout, sigma=1, helpers=["middle"])
    edges = {"edge": [0, 1], "source": ["snout", "middle"], "target": ["middle", "tail"], "length": [1.0, 1.0]}
    edges |= {"length_sd": [1.0] * 2, "separability": [1.0] * 2, "weights": [[10.0, 0, 0, -5]] * 2, "used": [True] * 2}
    files.write(tmp_path / "graph.parquet", edges, GRAPH)
    video((0, 120))  # for its tables of times and curves
    assemble_video(
        [tmp_path / "0-3.parquet"],
        tmp_path / "frames.parquet",
        tmp_path / "curves.parquet",
        tmp_path / "poses.parquet",
        affinities_paths=[tmp_path / "0-3.affinities.parquet"],
        metadata_path=tmp_path / "model.json",
        graph_path=tmp_path / "graph.parquet",
        keypoints=["snout", "tail"],
        frames=":3",
        config={"min_confidence": 0.1, "min_keypoints": "auto"},
        provenance={},
    )
    found = files.read(tmp_path / "poses.parquet", POSES)
    assert set(found["keypoint"]) == {"snout", "tail"}
    x = found.groupby(["frame", "instance"])["x"].agg(list)
    assert [sorted(each) for each in x] == [[at, at] for frame in range(3) for at in (frame, 100.0 + frame)]
