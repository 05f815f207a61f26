"""movement's netCDF of poses in space, read by h5py, by xarray and by movement's validator."""

import h5py
import numpy as np
import pytest

from ... import made_session_poses as made


def test_a_table_comes_back_with_its_unit(tmp_path):
    rows = made.table(animals=("a", "b"))
    with h5py.File(made.export(rows, "movement.nc", tmp_path)) as file:
        assert file["space"].asstr()[:].tolist() == ["x", "y", "z"]
        keypoints, individuals = (file[name].asstr()[:].tolist() for name in ("keypoints", "individuals"))
        position = file["position"][:]
        for animal in individuals:
            for keypoint in keypoints:
                found = position[..., keypoints.index(keypoint), individuals.index(animal)]
                np.testing.assert_array_equal(found, made.wide(rows, animal, keypoint))
        np.testing.assert_allclose(file["time"][:], np.arange(7) / 30)
        said = [file.attrs[name] for name in ("ds_type", "session", "space_unit", "fps", "time_unit")]
    assert said == ["poses", "s", "mm", 30, "seconds"]


def test_a_dot(tmp_path):
    with h5py.File(made.export(made.dot(), "movement.nc", tmp_path, unit="cm")) as file:
        assert file["position"][2, :, 0, 0].tolist() == list(made.PLACE)
        assert np.isfinite(file["position"][:]).sum() == 3
        assert file.attrs["space_unit"] == "cm"


def test_movement_takes_it_for_a_dataset_of_its_own(tmp_path):
    validators = pytest.importorskip("movement.validators.datasets", reason="movement is no part of the environment")
    kinematics = pytest.importorskip("movement.kinematics")
    xarray = pytest.importorskip("xarray", reason="xarray is no part of the environment")
    rows = made.table().assign(state="measured", confidence=1.0, x=lambda rows: 3.0 * rows["frame"], y=1.0, z=2.0)
    for engine in ("h5netcdf", "netcdf4"):
        with xarray.open_dataset(made.export(rows, "movement.nc", tmp_path), engine=engine) as poses:
            validators.ValidPosesInputs.validate(poses)
            assert dict(poses.sizes) == {"time": 7, "space": 3, "keypoints": 3, "individuals": 1}
            velocity = kinematics.compute_velocity(poses["position"])
            np.testing.assert_allclose(velocity.sel(space="x"), 90, rtol=1e-5)
