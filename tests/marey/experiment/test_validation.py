"""Values against a schema: what JSON Schema and YAML let through and no stage can use is refused, with the fix."""

import datetime
import importlib.util
import math
from pathlib import Path

import numpy as np
import pytest
import yaml

from marey.experiment.validation import ConfigError, check_schema, schema, typed

REPOSITORY = Path(__file__).parents[3]
CONFIG = schema("config")
MINIMAL = {"project": "p", "data": ".", "videos": "videos.tsv"}


def fault(**keys) -> str:
    with pytest.raises(ConfigError) as error:
        check_schema({**MINIMAL, **keys}, CONFIG, "config")
    return str(error.value)


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, 1e300, 1e-300, 10**400, True, None, datetime.date(2024, 1, 31)]
)
def test_only_numbers_that_can_be_computed_with_are_numbers(value):
    assert "config: smooth.acceleration: expected a number, got " in fault(smooth={"acceleration": value})
    assert "config: evaluate.pck_pixels.0: expected a number" in fault(evaluate={"pck_pixels": [value]})


def test_numbers_that_are_allowed_can_be_squared_in_32_bits():
    from marey.experiment.validation import MAX_NUMBER, MIN_NUMBER

    assert np.isfinite(np.float32(MAX_NUMBER) ** 2)
    assert np.float32(MIN_NUMBER) ** 2 > 0


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (2.0, "got 2.0 (write 2)"),
        (2.5, "got 2.5 (not a whole number)"),
        (2**31, "got 2147483648 (whole numbers go up to 2147483647)"),
        pytest.param(1 << 20000, "got a whole number of 20001 bits (whole numbers go up to 2147483647)", id="huge"),
        (math.nan, "got nan (not a finite number)"),
        (True, "got true"),
        (None, "got null"),
        ("2", "got '2' (this is text: take the quotes away)"),
    ],
)
def test_only_whole_numbers_are_whole_numbers(value, words):
    assert f"config: split.folds: expected a whole number, {words}." in fault(split={"folds": value})
    assert f"config: train.seeds.0: expected a whole number, {words}" in fault(train={"seeds": [value]})


def test_a_choice_has_the_type_of_the_choice():
    assert "config: model.stride: 4.0 is not one of 4, 8" in fault(model={"stride": 4.0})
    assert "config: model.stride: true is not one of 4, 8" in fault(model={"stride": True})
    check_schema({**MINIMAL, "model": {"stride": 4}}, CONFIG, "config")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("demo\n", "'demo\\n' (it holds the character U+000A, which nobody sees; delete it)"),
        ("a\0b", "the character U+0000"),
        ("a\u202eb", "the character U+202E"),
        ("a\ud800", "the character U+D800"),
        ("a" * 300, "it is longer than any path or name can be"),
        ("a/" * 3000, "it is longer than any path or name can be"),
        (True, "got true (YAML takes on, off"),
        (1.1, "got 1.1 (YAML takes on, off"),
        (None, "got null (YAML takes on, off"),
        (datetime.date(2024, 1, 31), "got the date 2024-01-31 (YAML takes on, off"),
    ],
)
def test_text_is_what_can_be_seen_and_typed(text, words):
    for keys in ({"project": text}, {"data": text}, {"keypoints": [text]}):
        message = fault(**keys)
        assert words in message
        message.encode()  # can be printed


@pytest.mark.parametrize(
    ("column", "text"),
    [("animals", "9" * 5000), ("frames", f"0:{'9' * 5000}"), ("crop", f"0,0,{'9' * 5000},5"), ("subject", "<b>")],
)
def test_a_sheet_holds_no_number_that_python_refuses_and_no_markup(column, text):
    with pytest.raises(ConfigError, match=f"line 2: {column}: ") as error:
        check_schema({"video": "a", "path": "a.mp4", column: text}, schema("videos"), "sheet.tsv: line 2")
    assert len(str(error.value)) < 400


def test_what_is_given_on_the_command_line_is_what_yaml_takes_it_for():
    given = {
        "smooth": {"acceleration": "4000", "max_gap": "0.5"},
        "train": {"seeds": ["0", "1"], "crop": "96", "together": "true", "steps": "many"},
        "sample": {"frames_total": "null"},
        "keypoints": ["on", "01"],
        "model": {"scale": "auto", "sigma": ".nan"},
        "other": "5",
    }
    assert typed(given, given, CONFIG) == {
        "smooth": {"acceleration": 4000, "max_gap": 0.5},
        "train": {"seeds": [0, 1], "crop": 96, "together": True, "steps": "many"},
        "sample": {"frames_total": None},
        "keypoints": ["on", "01"],
        "model": {"scale": "auto", "sigma": ".nan"},
        "other": "5",
    }


def test_what_a_file_says_keeps_its_type():
    values = {"smooth": {"acceleration": "4000", "max_gap": "0.5"}, "train": {"seeds": ["0"]}}
    assert typed(values, {"smooth": {"acceleration": "3"}, "train": {"seeds": ["1"]}}, CONFIG) == values
    assert typed(values, {}, CONFIG) == values


def test_the_schema_takes_its_own_defaults():
    def check(part):
        for below in part.get("properties", {}).values():
            if "default" in below:
                check_schema({"key": below["default"]}, {"properties": {"key": below}}, "config")
            check(below)

    check(CONFIG)
    check(schema("videos"))


@pytest.fixture(scope="module")
def benchmark():
    specification = importlib.util.spec_from_file_location("faults", REPOSITORY / "benchmarks" / "faults_config.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.parametrize("key", ["project", "train.seeds", "smooth.acceleration", "model.stride", "keypoints"])
def test_nothing_hostile_passes_or_is_unexplained(benchmark, key):
    counts, wrong = benchmark.measure([key])
    assert wrong == []
    assert counts["refused"] > 30
    assert counts["refused"] + counts["accepted"] == len(benchmark.VALUES)


def test_the_benchmark_sees_a_number_that_is_none(benchmark, monkeypatch):
    monkeypatch.setattr(benchmark, "load_config", lambda raw: {**raw, "seed": math.nan})
    monkeypatch.setattr(benchmark, "read_videos", lambda config: {})
    monkeypatch.setattr(benchmark, "check_files", lambda config, videos: None)
    monkeypatch.setattr(benchmark, "loaded_modules", lambda config: None)
    monkeypatch.setattr(benchmark, "STAGES", ())
    assert benchmark.measure(["seed"])[0] == {"not finite": len(benchmark.VALUES) - 1, "refused": 1}  # of the file
    assert len({key for key, _ in benchmark.leaves(CONFIG)}) > 100
    assert len(set(map(str, benchmark.VALUES))) == 44
    assert all(yaml.safe_load(f"{{a: {value}}}").keys() == {"a"} for value in benchmark.VALUES)
