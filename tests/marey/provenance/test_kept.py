"""What is kept from run to run: there once it is saved, and nothing where its file is none."""

import pytest

from marey.provenance.kept import Kept


def test_values_are_there_for_others_once_they_are_saved(tmp_path):
    path = tmp_path / "state" / "kept.json"
    kept = Kept(path)
    kept.set("a", {"size": 1})
    assert kept.get("a") == {"size": 1}
    assert Kept(path).get("a") is None
    kept.save()
    assert Kept(path).get("a") == {"size": 1}
    assert Kept(path).get("b") is None
    assert list(path.parent.iterdir()) == [path]


def test_where_nothing_is_new_nothing_is_written(tmp_path):
    path = tmp_path / "kept.json"
    for kept in (Kept(path), Kept()):
        kept.save()
    assert not path.exists()


@pytest.mark.parametrize("text", ["", "{", "[1]", "\xff"])
def test_a_file_that_is_broken_is_begun_anew(tmp_path, text):
    path = tmp_path / "kept.json"
    path.write_bytes(text.encode("latin-1"))
    kept = Kept(path)
    assert kept.get("a") is None
    kept.set("a", {"size": 1})
    kept.save()
    assert Kept(path).get("a") == {"size": 1}


def test_a_folder_in_which_nothing_may_be_written_costs_nothing_else(tmp_path):
    (tmp_path / "file").touch()
    kept = Kept(tmp_path / "file" / "kept.json")
    kept.set("a", {"size": 1})
    kept.save()
    assert kept.get("a") == {"size": 1}
