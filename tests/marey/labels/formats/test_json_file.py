import json

import pytest

from marey.labels.formats._json_file import (
    ITEMS,
    WHOLE,
    Outline,
    are_numbers,
    load,
    members,
    number_of,
    outline,
    stream,
)


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


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_values_come_one_after_the_other(tmp_path, encoding):
    path = tmp_path / "a.json"
    content = {"a": [1, {"ü": [2.5, None]}], "b": {"a": [3]}, "c": "x", "a.item": [4]}
    path.write_text(json.dumps(content, ensure_ascii=False), encoding=encoding)
    assert members(path) == {"a": True, "b": False, "c": False, "a.item": True}
    assert list(stream(path, "a.item"))[:2] == content["a"]
    assert list(stream(path, "none.item")) == []
    assert list(stream(path, WHOLE)) == [content]
    path.write_text(json.dumps([1, [2]]), encoding=encoding)
    assert members(path) is None
    assert list(stream(path, ITEMS)) == [1, [2]]


def test_what_python_alone_reads_comes_from_where_it_stands(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"a": [1, 2, NaN, 12345678901234567890123]}')
    first, second, nan, large = stream(path, "a.item")
    assert (first, second, large) == (1, 2, 12345678901234567890123)
    assert nan != nan
    assert members(path) == {"a": True}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[1,\n2,\n}", "line 3, column 1"),
        ("[1, 2", "line 1, column 6"),
        ("[1] x", "line 1, column 5"),
        ("[" * 100_000, "Recursion"),
        ('[{"a": "\\q"}]', "line 1, column"),
    ],
)
def test_damage_is_named(tmp_path, content, said):
    path = tmp_path / "a.json"
    path.write_text(content)
    with pytest.raises(ValueError, match="not JSON") as error:
        list(stream(path, ITEMS))
    assert said in str(error.value)
    path.write_text(f'{{"a": {content}')
    with pytest.raises(ValueError, match="not JSON"):
        members(path)


@pytest.mark.parametrize("values", [[], [1, 2.5, -3], [2**53]])
def test_numbers(values):
    assert are_numbers(values)


@pytest.mark.parametrize("value", [None, "1", True, float("nan"), float("inf"), [1], 2**53 + 1, 10**400])
@pytest.mark.parametrize("others", [[], [1.5, 10**400]])
def test_one_that_is_no_number_among_others(value, others):
    assert not are_numbers([*others, value, 1])
    assert not are_numbers([value, *others])
