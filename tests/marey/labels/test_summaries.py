import json
import os

import pytest

from marey.labels import summaries


@pytest.fixture
def counted(monkeypatch, tmp_path):
    """A table, and a function that counts how often it is read; nothing is too small to be kept."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(summaries, "MIN_BYTES", 0)
    read = []

    def compute(path):
        read.append(path)
        return {"letters": sorted(set(path.read_text()))}

    (tmp_path / "l.csv").write_text("abc")
    return tmp_path / "l.csv", compute, read


def forget_all_in_memory():
    """Stand in for another process."""
    summaries._summarise.cache_clear()


def test_a_file_is_read_once_by_all_processes_until_it_changes(counted):
    path, compute, read = counted
    for _ in range(3):
        assert summaries.summarise(path, compute) == {"letters": ["a", "b", "c"]}
        forget_all_in_memory()
    assert len(read) == 1
    path.write_text("xyz")
    os.utime(path, ns=(1, 1))
    for _ in range(3):
        assert summaries.summarise(path, compute) == {"letters": ["x", "y", "z"]}
    assert len(read) == 2


@pytest.mark.parametrize("content", ["", "[1]", "{", json.dumps({"key": ["other"], "summary": {}})])
def test_a_cache_of_anything_else_is_made_again(counted, tmp_path, content):
    path, compute, read = counted
    summaries.summarise(path, compute)
    (kept,) = (tmp_path / "cache/marey/labels").iterdir()
    kept.write_text(content)
    forget_all_in_memory()
    assert summaries.summarise(path, compute) == {"letters": ["a", "b", "c"]}
    assert len(read) == 2


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(counted, tmp_path):
    path, compute, _ = counted
    (tmp_path / "cache").write_text("no folder")
    assert summaries.summarise(path, compute) == {"letters": ["a", "b", "c"]}


def test_small_files_are_kept_where_it_is_asked_for_and_functions_do_not_share(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "l.csv").write_text("abc")
    read = []

    def first(path):
        read.append("first")
        return {"size": len(path.read_text())}

    def second(path):
        read.append("second")
        return {"last": path.read_text()[-1]}

    for _ in range(2):
        assert summaries.summarise(tmp_path / "l.csv", first, always=True) == {"size": 3}
        assert summaries.summarise(tmp_path / "l.csv", second, always=True) == {"last": "c"}
        forget_all_in_memory()
    assert read == ["first", "second"]
