"""What Marey exports comes back as predictions: the same points, within 0.01 px, from every format that is read."""

import pytest
from hypothesis import given

from marey.labels.formats import _hdf_tree, _nwb_file, _sleap_file, deeplabcut_predictions, sleap_analysis
from marey.labels.reading import Source
from marey.labels.sources import PREDICTIONS, load_format

from ... import made_poses as made

NAMES = ["dlc.csv", "dlc.h5", "slp", "analysis.h5"]


def read(path, individuals):
    """Return rows as `made_poses.exported` takes them; a single animal may have lost its name."""
    contents = load_format(Source(path, path.parent), PREDICTIONS).read(Source(path, path.parent))
    assert not contents.faults
    table = contents.predictions
    named = table["individual"].replace({"single": "unique", "": individuals[0]})
    return list(table.assign(individual=named)[[*made.KEY, "x", "y"]].itertuples(index=False, name=None))


def at_once(monkeypatch, folder):
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    for module in (deeplabcut_predictions, sleap_analysis, _hdf_tree, _sleap_file, _nwb_file):
        monkeypatch.setattr(module, "call_apart", lambda function, *arguments: function(*arguments))


@pytest.mark.parametrize("name", NAMES)
def test_poses_come_back(name, monkeypatch, tmp_path):
    at_once(monkeypatch, tmp_path)

    @made.few
    @given(made.tables())
    def comes_back(given):
        table, keypoints = given
        individuals = table["individual"].unique()
        made.exported(table, name, lambda path: read(path, individuals), keypoints=keypoints)

    comes_back()


@pytest.mark.parametrize("even", [True, False])
def test_poses_come_back_from_nwb(monkeypatch, tmp_path, even):
    pytest.importorskip("pynwb", reason="NWB is written by packages of its own: envs/requirements-exports.txt")
    at_once(monkeypatch, tmp_path / "cache")
    rows = [(frame, name, k, 100.5, 50.5, "measured") for frame in (5, 6, 9) for name in "ab" for k in ("snout", "t")]
    rows += [(6, "unique", "box", 3.25, 4, "measured")]
    times = [frame / 30 + 0.2 + (0 if even else 0.01 * (frame % 3)) for frame in range(11)]
    path = made.export(made.poses(rows), "nwb", tmp_path, keypoints=["snout", "t", "box"], times=times)
    assert sorted(read(path, ["a"])) == sorted(row[:5] for row in rows)
