"""NWB of poses in space, read by pynwb, inspected by nwbinspector, read by movement; skipped where pynwb is absent."""

import numpy as np
import pytest

from ... import made_session_poses as made
from ...multiview.rig import ring

pynwb = pytest.importorskip("pynwb", reason="NWB needs packages of its own: envs/requirements-exports.txt")
pytest.importorskip("ndx_pose", reason="NWB needs packages of its own: envs/requirements-exports.txt")


@pytest.fixture(scope="module")
def rows():
    return made.table(animals=("a", "b"))


@pytest.fixture(scope="module")
def path(tmp_path_factory, rows):
    return made.export(rows, "nwb", tmp_path_factory.mktemp("nwb"), edges=((0, 1),))


def test_positions_of_each_animal_with_their_unit(path, rows):
    with pynwb.NWBHDF5IO(path, "r") as file:
        nwb = file.read()
        for animal in ("a", "b"):
            container = nwb.processing["behavior"][animal]
            assert container.neurodata_type == "MultiCameraPoseEstimation"
            assert container.skeleton.edges[:].tolist() == [[0, 1]]
            for keypoint in made.KEYPOINTS:
                series = container.pose_estimation_series[keypoint]
                np.testing.assert_array_equal(series.data[:], made.wide(rows, animal, keypoint))
                assert series.unit == "millimeters"
                assert (series.rate, series.starting_time) == (30, 0)
                assert "right-handed" in series.reference_frame
        assert nwb.subject.subject_id == "m 1"


def test_cameras_see_points_where_they_are_seen(path):
    point = np.array([10.0, -20.0, 30.0])
    with pynwb.NWBHDF5IO(path, "r") as file:
        nwb = file.read()
        views = nwb.processing["behavior"]["a"].pose_estimations
        assert sorted(views) == ["view_view1", "view_view2", "view_view3"]
        for camera in ring(3):
            device = views[f"view_{camera.name}"].device
            seen = device.rotation_matrix[:] @ point + device.translation_vector[:]
            np.testing.assert_allclose(seen, camera.rotation @ point + camera.translation, rtol=1e-6)
            np.testing.assert_allclose(device.intrinsic_matrix[:], camera.matrix, rtol=1e-6)
            np.testing.assert_allclose(device.distortion_coefficients[:], camera.distortion, rtol=1e-6)
            assert "640 x 480 px" in device.description
            assert "k1 k2 p1 p2 k3" in device.description


def test_nwbinspector_finds_nothing_critical(path):
    inspector = pytest.importorskip("nwbinspector", reason="nwbinspector is no part of the environment")
    for config in (None, inspector.load_config("dandi")):
        found = list(inspector.inspect_nwbfile(nwbfile_path=path, config=config))
        assert [item.message for item in found if item.importance.value >= inspector.Importance.CRITICAL.value] == []


def test_times_that_are_not_even_are_stamps(tmp_path):
    times = np.array([0, 0.1, 0.3, 0.4])
    with pynwb.NWBHDF5IO(made.export(made.table(4, times=times), "nwb", tmp_path), "r") as file:
        series = file.read().processing["behavior"]["PoseEstimation"].pose_estimation_series["snout"]
        assert series.rate is None
        assert series.timestamps[:].tolist() == times.tolist()


def test_movement_reads_it(tmp_path):
    load = pytest.importorskip("movement.io.load_poses", reason="movement is no part of the environment")
    rows = made.table()
    found = load.from_nwb_file(made.export(rows, "nwb", tmp_path))
    np.testing.assert_array_equal(
        found["position"].sel(keypoints="snout").values[..., 0], made.wide(rows, "a", "snout")
    )
