"""What sets two results apart, on pairs of results of which one thing differs."""

import shutil
from pathlib import Path

import pytest

from marey.provenance.differences import compare

from ..made_results import RESULTS, analysis

POSES = Path(RESULTS, "smoothed/a.parquet")


@pytest.fixture
def pair(tmp_path, monkeypatch):
    """A function that makes two analyses, one with other options, and compares the poses."""

    def compared(result: Path = POSES, **changes) -> list[str]:
        monkeypatch.chdir(tmp_path)
        for name, options in (("one", {}), ("two", changes)):
            analysis(**options)
            for part in ("data", "results"):
                shutil.copytree(part, Path(name, part))
        return list(compare(Path("one", result), Path("two", result)))

    return compared


def test_the_same(pair):
    assert pair() == ["A and B are the same, byte for byte."]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"steps": 4}, ["  config train.steps: 3 in A, 4 in B", "      train_model (models/0-0/model.safetensors)"]),
        (
            {"window": 64},
            [
                "  config infer.window: 32 in A, 64 in B",
                "      infer_shard (shards/a/0-16.parquet), infer_shard (shards/a/16-32.parquet)",
            ],
        ),
        ({"smoothing": "edited"}, ["  code of smooth_video", "      smooth_video (smoothed/a.parquet)"]),
    ],
)
def test_a_difference_is_followed_to_where_it_enters(pair, change, expected):
    for result in (POSES, Path(RESULTS, "clips/a.mp4")):
        shutil.rmtree("one", ignore_errors=True)
        shutil.rmtree("two", ignore_errors=True)
        assert pair(result, **change) == ["A and B differ in", *expected]


def test_a_label_is_the_root_of_all_that_rests_on_it(pair):
    header, what, where = pair(labelled="a,0,snout\n")
    assert header == "A and B differ in"
    assert what.startswith("  content: ")
    assert where == "      <data>/labels.csv"


def test_several_differences_come_in_the_order_of_the_work(pair):
    lines = pair(steps=4, smoothing="edited")
    assert [line.strip() for line in lines[1::2]] == ["config train.steps: 3 in A, 4 in B", "code of smooth_video"]


def test_results_of_different_rules_are_not_compared_further(pair):
    pair()
    lines = list(compare(Path("one", POSES), Path("two", RESULTS, "labels/labels.parquet")))
    assert lines[1:] == [
        "  rule: smooth_video in A, ingest_labels in B",
        "      smoothed/a.parquet, labels/labels.parquet",
    ]
