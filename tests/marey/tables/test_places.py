"""Where files lie: each path of the library is one that a rule writes."""

import re
from pathlib import Path

import pytest

from marey.tables import places

REPOSITORY = Path(__file__).parents[3]
RULES = "".join(path.read_text(encoding="utf-8") for path in sorted((REPOSITORY / "rules").glob("*.smk")))


def declared(block: str) -> set[str]:
    """The paths in all blocks of a kind of all rules."""
    blocks = re.findall(rf"^    {block}:\n((?: {{8}}.*\n)+)", RULES, re.MULTILINE)
    return {
        path.replace("{{", "{").replace("}}", "}") for text in blocks for path in re.findall(r'"(<\w+>/.+?)"', text)
    }


PATTERNS = [*places.TABLES.values(), *places.FIGURES.values(), *places.CLIPS.values(), places.METADATA]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_rule_writes_it(pattern):
    assert f"<results>/{pattern}" in declared("output")


def test_tables_are_called_as_their_files_or_the_folder_of_those():
    for name, pattern in places.TABLES.items():
        called = [part.removesuffix(".parquet") for part in pattern.split("/") if "{" not in part][-1]
        assert name == called or name.endswith(f"_{called}")  # one of two of a kind


def test_rules_write_logs_and_benchmarks_where_the_library_looks():
    snakefile = (REPOSITORY / "Snakefile").read_text(encoding="utf-8")
    assert f'logs="<results>/{places.LOGS}"' in snakefile
    assert f'benchmarks="<results>/{places.BENCHMARKS}"' in snakefile
    assert places.RESULTS.format(project="{EXPERIMENT['project']}") in snakefile
    names = set(re.findall(r"^(?:rule|checkpoint|use rule \w+ as) (\w+)(?: with)?:", RULES, re.MULTILINE))
    for block, suffix in (("log", ".log"), ("benchmark", ".jsonl")):
        found = declared(block)
        assert {re.match(rf"<{block}s>/(\w+)", path)[1] for path in found} <= names
        assert all(path.endswith(suffix) for path in found)
    assert "<benchmarks>/infer_shard/{video}/{start}-{stop}.jsonl" in declared("benchmark")


def test_every_file_of_a_pattern_is_found_by_its_glob(tmp_path):
    path = tmp_path / places.TABLES["detections"].format(video="a.b", start=0, stop=32)
    path.parent.mkdir(parents=True)
    path.touch()
    (path.parent / "plan.txt").touch()
    assert list(tmp_path.glob(places.every(places.TABLES["detections"]))) == [path]
    assert places.every("plan.parquet") == "plan.parquet"
