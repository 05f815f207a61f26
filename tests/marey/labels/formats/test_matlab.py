import numpy as np
import pytest
from scipy.io import savemat

from marey.labels import sources
from marey.labels.formats import _matlab
from marey.labels.reading import LabelError

from ... import matlab

CONTENT = {
    "numbers": np.arange(24).reshape(2, 3, 4),
    "flat": np.array([[1.5, 2.5, 3.5]]),
    "one": 7.0,
    "text": "nose",
    "cell": ["a", {"x": np.array([[1.0], [2.0]])}, ["deep"]],
    "struct": {"name": "Ann", "of": {"names": ["a", "b"]}},
}


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def at_once(monkeypatch):
    """Read in this process, which spares the start of another."""
    monkeypatch.setattr(_matlab, "call_apart", lambda function, *arguments: function(*arguments))


def same(one, other) -> bool:
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other if isinstance(one, str) else np.array_equal(np.atleast_2d(one), other)


@pytest.mark.parametrize("version", ["5", "7.3"])
def test_both_versions_give_the_same(tmp_path, at_once, version):
    path = matlab.write(tmp_path / "a.mat", CONTENT, version)
    assert sorted(_matlab.variables(path)) == sorted(CONTENT)
    found = _matlab.read_variables(path, [*CONTENT, "missing"])
    for name, value in CONTENT.items():
        assert same(value, found[name]), name
    assert "missing" not in found


def test_an_array_of_structs_is_a_list_and_objects_are_nothing(tmp_path):
    array = np.zeros((2,), [("x", object), ("name", object)])
    array["x"], array["name"] = [1.0, 2.0], ["a", "b"]
    savemat(tmp_path / "a.mat", {"s": array})
    found = _matlab._read(tmp_path / "a.mat", ["s"])["s"]
    assert [(item["name"], float(item["x"].item())) for item in found] == [("a", 1), ("b", 2)]
    assert _matlab._plain(np.array([{"pickled": 1}], object)) == [None]


def test_what_is_no_matlab_file_or_damaged(tmp_path):
    for name, content in (("a.mat", b"text"), ("b.txt", b"MATLAB 5.0 MAT-file")):
        (tmp_path / name).write_bytes(content)
        assert _matlab.variables(tmp_path / name) == []


@pytest.mark.parametrize("version", ["5", "7.3"])
def test_a_damaged_file(tmp_path, at_once, version):
    path = matlab.write(tmp_path / "a.mat", CONTENT, version)
    path.write_bytes(path.read_bytes()[: 300 if version == "5" else 900])
    assert _matlab.variables(path) == []
    with pytest.raises(ValueError, match="not a whole (MATLAB|HDF5) file"):
        _matlab.read_variables(path, ["numbers"])
    with pytest.raises(LabelError, match=r"a\.mat is a damaged MATLAB file; restore it"):
        sources.describe(path.name, tmp_path)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"x": 1.0, "y": 2.0}, "is a MATLAB file with 'x', 'y' in it, a format that is not read"),
        ({"data_3D": 1.0, "status": 2.0}, "is a session of Label3D; export it for DANNCE"),
    ],
)
def test_what_else_a_file_may_be(tmp_path, at_once, content, expected):
    matlab.write(tmp_path / "a.mat", content, "5")
    with pytest.raises(LabelError, match=expected):
        sources.describe("a.mat", tmp_path)


def test_a_file_is_read_in_a_process_of_its_own(tmp_path):
    path = matlab.write(tmp_path / "a.mat", {"text": "nose"}, "5")
    assert _matlab.read_variables(path, ["text"]) == {"text": "nose"}
