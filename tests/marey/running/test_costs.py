"""Costs: jobs, hours and disk by hand, from made tables."""

import json
from pathlib import Path

import numpy as np
import pytest

from marey.experiment.config import load_config
from marey.running import costs
from marey.tables import files
from marey.tables.frames import FRAMES
from marey.tables.probe import PROBE
from marey.training import design, edges


@pytest.fixture
def experiment(tmp_path):
    """Three videos: of 1000 frames, of 200, and one that nobody has probed; a third of the first one is analysed."""
    data, results = tmp_path / "data", tmp_path / "results"
    data.mkdir()
    (data / "videos.tsv").write_text("video\tpath\n" + "".join(f"{name}\t{name}.mp4\n" for name in "abc"))
    for name, count in (("a", 1000), ("b", 200)):
        row = {"video": name, "status": "ok", "frames": count, "duration": count / 10, "container_frames": None}
        for field in PROBE:
            row.setdefault(field.name, {"string": "", "bool": False}.get(str(field.type), 0))
        folder = results / "videos" / name
        files.write(folder / "probe.parquet", {key: [value] for key, value in row.items()}, PROBE)
        number = np.arange(count)
        rows = {"video": [name] * count, "frame": number, "time": number / 10, "pts": number}
        rows |= {"digest": number, "key_frame": number % 32 == 0, "fault": [False] * count}
        rows |= {"thumbnail": [None] * count, "look": [b""] * count}
        files.write(folder / "frames.parquet", rows, FRAMES)
    (results / "detections" / "a").mkdir(parents=True)
    (results / "detections" / "a" / "0-320.parquet").touch()
    (results / "benchmarks" / "infer_shard" / "a").mkdir(parents=True)
    (results / "benchmarks" / "infer_shard" / "a" / "0-320.jsonl").write_text(json.dumps({"s": 8.0}) + "\n")
    raw = {"project": "p", "data": str(data), "videos": "videos.tsv", "keypoints": ["x", "y"]}
    return load_config({**raw, "infer": {"shard_frames": 300}, "render": {"duration": 30}}), results


def amounts(config, results, **options):
    return costs.estimate_costs(config, results, **options).set_index("what")["amount"]


def test_videos_that_nobody_has_probed_are_said(experiment):
    said = costs.estimate_costs(*experiment).set_index("what").loc["videos", "rests on"]
    assert said.startswith("2 are probed, of which 2 can be used; the figures below are of these: run snakemake")


def test_costs_by_hand(experiment):
    found = amounts(*experiment)
    assert found["videos"] == 3
    assert found["length"] == pytest.approx(120 / 3600)
    assert found["jobs of analysis"] == 3  # 320-640 and 640-1000 of a; b in one
    assert found["analysis, one job after the other"] == pytest.approx(880 / 40 / 3600)  # 320 frames took 8 s
    assert found["analysis, the longest job"] == pytest.approx(360 / 40 / 60)
    for table in ("detections", "poses", "tracks", "smoothed"):
        assert found[f"disk, {table}"] == pytest.approx(costs.BYTES_PER_ROW[table] * 1200 * 2 / 1e9)
    assert not {"disk, affinities", "disk, descriptors", "disk, appearances"} & set(found.index)
    assert found["disk, clips"] == pytest.approx(costs.CLIP_BYTES_PER_SECOND * (30 + 20) / 1e9)


def rows_of(config, results):
    """The rows of each table, by name, as costs say them."""
    said = costs.estimate_costs(config, results).set_index("what")["rests on"]
    return {what.removeprefix("disk, "): int(text.split()[0]) for what, text in said.items() if " rows of " in text}


def test_tables_grow_with_the_animals_and_the_method(experiment):
    config, results = experiment
    sheet = "video\tpath\tanimals\na\ta.mp4\t3\nb\tb.mp4\t\n"  # a shows 3, b as many as the config says: 2
    Path(config["data"], "videos.tsv").write_text(sheet)
    config["keypoints"] = ["x", "y", "z", "lamp"]
    config["animals"] |= {"method": "bottom_up", "number": 2, "unique": ["lamp"], "appearance": True}
    points = 1000 * (3 * 3 + 1) + 200 * (2 * 3 + 1)
    found = rows_of(config, results)
    assert found == {
        **dict.fromkeys(("detections", "descriptors", "poses", "tracks", "smoothed"), points),
        "affinities": 1000 * 3 * 3**2 + 200 * 3 * 2**2,  # x-y, x-z and y-z, each pair of animals
        "appearances": 1000 * 3 + 200 * 2,
    }
    config["animals"] |= {"method": "top_down", "appearance": False}
    assert rows_of(config, results) == dict.fromkeys(("detections", "poses", "tracks", "smoothed"), points)
    config["animals"]["number"] = None
    assert amounts(config, results)["videos of unknown numbers of animals"] == 1
    assert rows_of(config, results)["poses"] == 1000 * 10 + 200 * 4


def test_what_the_network_gives_is_what_costs_take_it_for():
    assert edges.MAX_KEYPOINT_DEGREE == 2 * costs.EDGES_PER_KEYPOINT
    assert design.DESCRIPTOR_FEATURES == costs.MEASURED_FEATURES


@pytest.mark.parametrize("labelled", [True, False])
def test_videos_that_another_tool_predicted_need_no_analysis(experiment, monkeypatch, labelled):
    config, results = experiment
    monkeypatch.setattr(costs, "predicted_videos", lambda config, videos: {"b": "b.tool"})
    config["labels"]["sources"] = ["labels.tsv"] if labelled else []
    found = amounts(config, results, speed=10)
    assert found["videos predicted by another tool"] == 1
    assert found["jobs of analysis"] == (2 if labelled else 0)  # of b none; of a none either where nothing trains
    frames = 1000 if labelled else 0
    assert rows_of(config, results) == {
        "detections": frames * 2,
        **dict.fromkeys(("poses", "tracks", "smoothed"), (frames + 200) * 2),
    }


def test_a_speed_that_is_given_counts_and_none_is_told(experiment):
    config, results = experiment
    assert amounts(config, results, speed=10)["analysis, one job after the other"] == pytest.approx(88 / 3600)
    (results / "benchmarks" / "infer_shard" / "a" / "0-320.jsonl").unlink()
    assert np.isnan(amounts(config, results)["analysis"])


def test_nothing_is_known_before_probing(experiment, tmp_path):
    found = amounts(experiment[0], tmp_path / "nowhere")
    assert found["videos"] == 3
    assert found["jobs of analysis"] == 0
