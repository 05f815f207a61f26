"""DeepLabCut's pickles of two cameras: read in every protocol, and nothing in them is run."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from marey.multiview.formats import deeplabcut3d
from marey.multiview.formats._pickled_arrays import read_pickled

from .. import rig

ONE, OTHER = rig.ring(2)
TURN = OTHER.rotation @ ONE.rotation.T
SHIFT = OTHER.translation - TURN @ ONE.translation


def stereo(**changed) -> dict:
    """As `calibrate_cameras` of DeepLabCut 3 writes it."""
    pair = {}
    for number, camera in enumerate((ONE, OTHER), start=1):
        pair[f"cameraMatrix{number}"] = camera.matrix - np.array([[0, 0, 0.5], [0, 0, 0.5], [0, 0, 0]])
        pair[f"distCoeffs{number}"] = camera.distortion[None]
    pair |= {"R": np.asfortranarray(TURN), "T": SHIFT[:, None], "E": np.eye(3), "roi1": (0, 0, 640, 480)}
    return {"camera-1-camera-2": {**pair, "image_shape": [(640, 480), (640, 480)], **changed}}


def file(folder: Path, content: object, protocol: int = pickle.HIGHEST_PROTOCOL) -> Path:
    path = folder / "stereo_params.pickle"
    path.write_bytes(pickle.dumps(content, protocol=protocol))
    return path


@pytest.mark.parametrize("protocol", range(2, 6))
def test_both_cameras_are_read(tmp_path, protocol):
    first, second = deeplabcut3d.read(file(tmp_path, stereo(), protocol))
    assert (first.name, second.name, first.size) == ("camera-1", "camera-2", (640, 480))
    assert np.array_equal(first.rotation, np.eye(3))
    assert not first.translation.any()
    for read, camera in ((first, ONE), (second, OTHER)):
        assert np.array_equal(read.matrix, camera.matrix)
        assert np.array_equal(read.distortion, camera.distortion)
    assert np.array_equal(second.rotation, TURN)
    assert np.array_equal(second.translation, SHIFT)


class Evil:
    """Writes a file where it is unpickled."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self):
        return Path.write_text, (self.path, "run")


@pytest.mark.parametrize("protocol", range(6))
def test_nothing_is_run(tmp_path, protocol):
    path = file(tmp_path, stereo(E=Evil(tmp_path / "ran")), protocol)
    with pytest.raises(ValueError, match=r"stereo_params.pickle: (refused|is not)"):
        deeplabcut3d.read(path)
    assert not (tmp_path / "ran").exists()


def test_what_is_broken_is_refused(tmp_path):
    path = file(tmp_path, stereo())
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ValueError, match="is not a whole pickle"):
        deeplabcut3d.read(path)
    with pytest.raises(ValueError, match="'a-b' has no cameraMatrix1, .*image_shape; expected"):
        deeplabcut3d.read(file(tmp_path, {"a-b": {}}))
    with pytest.raises(ValueError, match="where do the names in 'a-b-c' part"):
        deeplabcut3d.read(file(tmp_path, {"a-b-c": stereo()["camera-1-camera-2"]}))
    with pytest.raises(ValueError, match=r"R is .*expected 3 x 3 finite numbers"):
        deeplabcut3d.read(file(tmp_path, stereo(R=np.eye(2))))


def test_a_small_file_that_would_become_large_is_refused(tmp_path):
    content = [0] * 10
    for _ in range(12):
        content = [content] * 10
    with pytest.raises(ValueError, match="more than 100,000 values"):
        read_pickled(file(tmp_path, content))
