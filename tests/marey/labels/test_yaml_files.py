"""YAML files of people: no key is lost, and names are text however they look."""

import pytest
import yaml

from marey.labels.yaml_files import read_yaml


def written(tmp_path, text: str | bytes):
    path = tmp_path / "config.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_file_reads_as_pyyaml_reads_it(tmp_path):
    text = "a: 1\nb: [on, 2.5, null, ~]\nc: &c {d: e}\nf: {<<: *c, d: g}\n"
    assert read_yaml(written(tmp_path, text)) == yaml.safe_load(text)
    assert read_yaml(written(tmp_path, b"\xef\xbb\xbf" + text.encode())) == yaml.safe_load(text)
    assert read_yaml(written(tmp_path, "")) is None


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3: 'a' is there already, in line 1"),
        ("t:\n  a: 1\n  'a': 3\n", "line 3: 'a' is there already, in line 2"),
        ("[{a: 1,\na: 2}]", "line 2: 'a' is there already, in line 1"),
    ],
)
def test_a_key_that_is_there_twice_is_refused_with_both_lines(tmp_path, text, lines):
    with pytest.raises(ValueError, match=f"config.yaml: {lines}"):
        read_yaml(written(tmp_path, text))


def test_every_key_that_is_there_twice_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"line 2: 'a'(?s:.*)line 4: 'b'"):
        read_yaml(written(tmp_path, "a: 1\na: 2\nc: {b: 1,\n b: 2}\n"))


@pytest.mark.parametrize(
    "name", ["on", "no", "01", "010", "1.10", "null", "~", "1e3", ".nan", "2024-01-31", "1:30", "true"]
)
def test_names_are_text_however_they_look(tmp_path, name):
    path = written(tmp_path, f"parts:\n- {name}\nedges: [[{name}, tail]]\nnumber: {name}\n")
    found = read_yaml(path, names={"parts", "edges"})
    assert found["parts"] == [name]
    assert found["edges"] == [[name, "tail"]]
    assert found["number"] != name or isinstance(yaml.safe_load(name), str)


def test_no_names_at_all_is_not_a_name(tmp_path):
    assert read_yaml(written(tmp_path, "parts:\nother: null\n"), names={"parts", "other"}) == {
        "parts": None,
        "other": None,
    }


@pytest.mark.parametrize(
    "text", ["a: [", "a: !!python/object:os.system {}", b"a: \xff", "a: " + "[" * 200_000, "a:\n\t- b", "2024-99-99"]
)
def test_what_is_no_yaml_is_said_by_file(tmp_path, text):
    with pytest.raises(ValueError, match=r"config.yaml: is not"):
        read_yaml(written(tmp_path, text))
