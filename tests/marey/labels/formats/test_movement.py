import h5py
import numpy as np
import pytest

from marey.labels.formats import _hdf_tree, movement
from marey.labels.reading import Source


@pytest.fixture(autouse=True)
def at_once(monkeypatch, tmp_path):
    """Read in this process, which spares the start of another."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for module in (movement, _hdf_tree):
        monkeypatch.setattr(module, "call_apart", lambda function, *arguments: function(*arguments))


def write(folder, *, axes=("time", "space", "keypoints", "individuals"), time=(0.4, 0.44), space="xy", **attrs):
    """Write a file as xarray does for movement: two frames, two animals, snout and tail; one dot, else nothing."""
    lengths = {"time": 2, "space": len(space), "keypoints": 2, "individuals": 2}
    with h5py.File(folder / "m3.nc", "w") as file:
        texts = {"space": [*space], "keypoints": ["snout", "tail"], "individuals": ["id_0", "id_1"]}
        for name in lengths:
            values = np.array(time) if name == "time" else np.array(texts[name], h5py.string_dtype())
            file.create_dataset(name, data=values).make_scale(name)
        for name, own in (("position", axes), ("confidence", [axis for axis in axes if axis != "space"])):
            data = np.full([lengths[axis] for axis in own], np.nan)
            at = {"time": 1, "individuals": 1, "keypoints": 0}
            for number, axis in enumerate(space if name == "position" else "c"):
                index = tuple({**at, "space": number}[axis] for axis in own)
                data[index] = {"x": 100, "y": 50, "z": 1, "c": 0.5}[axis]
            variable = file.create_dataset(name, data=data)
            for number, axis in enumerate(own):
                variable.dims[number].attach_scale(file[axis])
        file.attrs.update({"ds_type": "poses", "source_software": "DeepLabCut", **attrs})
    return Source(folder / "m3.nc", folder)


@pytest.mark.parametrize("axes", [("time", "space", "keypoints", "individuals"), movement.AXES])
def test_a_dot_at_column_100_and_row_50_whatever_the_order_of_the_axes(tmp_path, axes):
    source = write(tmp_path, axes=axes, fps=25.0, time_unit="seconds")
    assert movement.recognises(source.path)
    contents = movement.read(source)
    (row,) = contents.predictions.itertuples(index=False)
    assert row[:5] == ("m3", 11, 0, "id_1", "snout")
    assert row[5:] == (100.5, 50.5, 0.5)
    assert contents.labels.empty
    said = movement.describe(source)
    assert (said.keypoints, said.individuals, said.several) == (["snout", "tail"], ["id_0", "id_1"], True)
    assert list(said.predicted_videos) == ["m3"]
    assert movement.read(source._replace(pixels="corner")).predictions["x"].tolist() == [100]


def test_time_in_frames(tmp_path):
    assert movement.read(write(tmp_path, time=(4, 7), time_unit="frames")).predictions["frame"].tolist() == [7]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"time_unit": "seconds"}, "no attribute fps"),
        ({"time_unit": "seconds", "fps": 11.0}, "time is not that of frames at 11 per s"),
        ({"time": (7, 4)}, "time does not grow"),
        ({"space": "xyz"}, "space is x, y, z; expected x and y"),
    ],
)
def test_a_fault_says_what_to_do(tmp_path, options, expected):
    source = write(tmp_path, **options)
    (fault,) = movement.read(source).faults
    assert expected in fault.detail
    assert expected in movement.describe(source).fault


def test_a_damaged_file_is_named(tmp_path):
    source = write(tmp_path, time=(4, 7))
    source.path.write_bytes(source.path.read_bytes()[:4000])
    (fault,) = movement.read(source).faults
    assert "not a whole HDF5 file" in fault.detail
