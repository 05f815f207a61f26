import json

import pytest

from marey.labels.formats._json_file import Outline, load, number_of, outline


def test_names_are_told_by_how_deep_they_lie(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"images": [{"file_name": 'a{[",', "of": {"deep": 1}}], "n:m": 3}))
    assert outline(path) == Outline(False, frozenset({"images", "n:m"}), frozenset({"file_name", "of"}))
    path.write_text('[{"id": 1, "result": [{"x": 2, "cut sh')
    assert outline(path) == Outline(True, frozenset({"id", "result"}), frozenset({"x"}))


def test_however_the_text_is_encoded(tmp_path):
    path = tmp_path / "a.json"
    for encoding in ("utf-8-sig", "utf-16"):
        path.write_text('{"größe": 1}', encoding=encoding)
        assert not outline(path).is_list
        assert load(path) == {"größe": 1}


def test_what_is_no_json(tmp_path):
    for name, content in (("a.json", "text"), ("a.txt", "{}"), ("b.json", None)):
        if content:
            (tmp_path / name).write_text(content)
        assert outline(tmp_path / name) is None
    (tmp_path / "a.json").write_text('{"a": 1,\n "b" 2}')
    with pytest.raises(ValueError, match="line 2, column 6: not JSON"):
        load(tmp_path / "a.json")
    (tmp_path / "a.json").write_bytes(b'{"a": "\xff"}')
    with pytest.raises(ValueError, match="not JSON"):
        load(tmp_path / "a.json")
    (tmp_path / "a.json").write_text("[" * 100_000)
    with pytest.raises(ValueError, match="not JSON"):
        load(tmp_path / "a.json")


@pytest.mark.parametrize("value", [None, "1", True, float("nan"), float("inf"), [1]])
def test_what_is_no_number(value):
    with pytest.raises(ValueError, match="is no number"):
        number_of(value)
