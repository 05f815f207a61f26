import h5py
import numpy as np
import pytest

from marey.labels.formats import _hdf_tree


@pytest.fixture
def file(tmp_path, monkeypatch):
    """A file of a group and an array."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with h5py.File(tmp_path / "a.h5", "w") as tree:
        tree["poses/points"], tree["names"] = np.zeros((2, 3)), [b"a", b"b"]
        tree["poses/lost"] = h5py.SoftLink("/gone")
    return tmp_path / "a.h5"


def test_what_a_file_holds_is_found_out_once_in_a_process_of_its_own(file, monkeypatch):
    assert _hdf_tree.holds(file) == {"names": [], "poses": ["lost", "points"]}
    assert _hdf_tree.damage(file) == ""
    monkeypatch.setattr(_hdf_tree, "call_apart", None)
    assert set(_hdf_tree.holds(file)) == {"names", "poses"}


def test_a_cut_file_holds_nothing_and_says_why(file, tmp_path):
    (tmp_path / "cut.h5").write_bytes(file.read_bytes()[:900])
    assert _hdf_tree.holds(tmp_path / "cut.h5") == {}
    assert _hdf_tree.damage(tmp_path / "cut.h5").startswith("not a whole HDF5 file (")
    (tmp_path / "text.h5").write_text("no")
    assert _hdf_tree.holds(tmp_path / "text.h5") == {}


def test_what_is_missing_or_of_another_kind_is_named(file):
    with _hdf_tree.open_tree(file) as tree:
        assert _hdf_tree.texts(tree, "names") == ["a", "b"]
        for name, said in (("gone", "lacks /gone"), ("poses", "lacks /poses")):
            with pytest.raises(ValueError, match=said):
                _hdf_tree.array(tree, name)
        with pytest.raises(ValueError, match="lacks /poses/lost"):
            _hdf_tree.array(tree["poses"], "lost")
        with pytest.raises(ValueError, match="expected 3 dimensions"):
            _hdf_tree.array(tree, "poses/points", ndim=3)
        with pytest.raises(ValueError, match="/names holds .*; expected numbers"):
            _hdf_tree.numbers(tree, "names", ndim=1)


@pytest.mark.parametrize(
    "value", ["é", "é".encode(), np.bytes_("é".encode()), np.array("é".encode()), np.array(["é".encode()])]
)
def test_texts_in_whatever_form_they_are_kept(value):
    assert _hdf_tree.as_text(value) == "é"
