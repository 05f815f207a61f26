"""movement's netCDF, read by h5py, by xarray and by movement's validator."""

import itertools

import h5py
import numpy as np
import pytest
from hypothesis import given

from ... import made_poses as made

REASON = "xarray is no part of the environment"


def read(path):
    with h5py.File(path) as file:
        frames = file["frame"][:]
        keypoints, individuals = (file[name].asstr()[:] for name in ("keypoints", "individuals"))
        values = file["position"][:]
        for frame, keypoint, individual in itertools.product(*(range(values.shape[axis]) for axis in (0, 2, 3))):
            x, y = values[frame, :, keypoint, individual]
            yield frames[frame], individuals[individual], keypoints[keypoint], x, y


def read_with_xarray(path):
    pytest.importorskip("h5netcdf", reason=REASON)
    xarray = pytest.importorskip("xarray", reason=REASON)
    with xarray.open_dataset(path, engine="h5netcdf") as poses:
        wide = poses["position"].to_dataframe()["position"].unstack("space").reset_index()
        frames = dict(zip(poses["time"].values, poses["frame"].values, strict=True))
    wide["frame"] = wide["time"].map(frames)
    return wide[["frame", "individuals", "keypoints", "x", "y"]].to_numpy()


@made.few
@given(made.tables())
def test_a_table_comes_back(given):
    made.exported(given[0], "movement.nc", lambda path: list(read(path)), keypoints=given[1])


@made.few
@given(made.tables())
def test_a_table_comes_back_by_xarray(given):
    made.exported(given[0], "movement.nc", read_with_xarray, keypoints=given[1])


def test_a_dot_and_what_the_file_says(tmp_path):
    path = made.export(made.dot(), "movement.nc", tmp_path)
    with h5py.File(path) as file:
        assert file["position"][0, :, 0, 0].tolist() == list(made.DOT)
        assert file["time"][:].tolist() == [0.1]
        said = {name: file.attrs[name] for name in ("ds_type", "time_unit", "source_software", "video")}
    assert said == {"ds_type": "poses", "time_unit": "seconds", "source_software": "Marey", "video": "sub/v.mp4"}


def test_a_rate_is_given_only_where_frames_are_even(tmp_path):
    table = made.poses([(frame, "a", "snout", 1, 2, "measured") for frame in range(3)])
    with h5py.File(made.export(table, "movement.nc", tmp_path)) as file:
        assert file.attrs["fps"] == 30
    uneven = np.array([0, 0.1, 0.3, 0.4])
    with h5py.File(made.export(table, "movement.nc", tmp_path, times=uneven)) as file:
        assert "fps" not in file.attrs
        assert file["time"][:].tolist() == [0, 0.1, 0.3]


def test_movement_takes_it_for_a_dataset_of_its_own(tmp_path):
    validators = pytest.importorskip("movement.validators.datasets", reason="movement is no part of the environment")
    xarray = pytest.importorskip("xarray", reason=REASON)
    rows = [(frame, name, "snout", frame, 2, "measured") for frame in range(5) for name in "ab"]
    path = made.export(made.poses(rows), "movement.nc", tmp_path)
    kinematics = pytest.importorskip("movement.kinematics")
    for engine in ("h5netcdf", "netcdf4"):
        with xarray.open_dataset(path, engine=engine) as poses:
            validators.ValidPosesInputs.validate(poses)
            assert poses["position"].dims == ("time", "space", "keypoints", "individuals")
            velocity = kinematics.compute_velocity(poses["position"])
            np.testing.assert_allclose(velocity.sel(space="x"), 30, rtol=1e-5)
