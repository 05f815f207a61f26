"""One network: what a mirror takes back, and how many pictures it sees at once."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from marey.inference import detector
from marey.inference.detector import Detector, batch_size
from marey.inference.orientations import ORIENTATIONS, Orientations

from ..dots import DotNetwork, picture


class Sides:
    """A network that sees the dot where it is, and, as its second keypoint, one that is 4 px to the right of it."""

    stride, keypoints, sigma = 4, 2, 6.0

    def apply(self, params, images):
        heatmap = DotNetwork().apply(params, images)["heatmap"]
        return {"heatmap": jnp.concatenate([heatmap, jnp.roll(heatmap, 1, axis=2)], axis=-1)}


def test_a_mirror_takes_back_what_is_seen_on_one_side(monkeypatch):
    image = picture(128, 96, 40.5, 30.5)
    plain = Detector(Sides(), {}, batch_size=2)([image])
    same, swapped = (
        Detector(Sides(), {}, batch_size=2, orientations=Orientations(ORIENTATIONS[True], mirrored))([image])
        for mirrored in ((0, 1), (1, 0))
    )
    np.testing.assert_allclose(plain[0][0], [[40.5, 30.5], [44.5, 30.5]], atol=0.1)
    # In the mirror, the second keypoint is seen 4 px further left: the mean is where the dot is.
    np.testing.assert_allclose(same[0][0], [[40.5, 30.5], [40.5, 30.5]], atol=0.1)
    # With names exchanged, the first's mirror image is the second's: half way between 40.5 and 36.5.
    np.testing.assert_allclose(swapped[0][0, 0], [38.5, 30.5], atol=0.1)
    assert plain[1][0, 1] > same[1][0, 1] > 0


def test_with_all_orientations_the_answer_turns_with_the_image():
    """What a network sees on one side only, the mean sees in the middle, in wide images as in high ones."""
    detector = Detector(Sides(), {}, batch_size=2, orientations=Orientations(ORIENTATIONS["all"], (0, 1)))
    places = {"wide": (128, 96, 40.5, 30.5), "turned": (96, 128, 30.5, 87.5), "in a mirror": (128, 96, 87.5, 30.5)}
    found = {name: detector([picture(*place)]) for name, place in places.items()}
    for name, (points, confidence) in found.items():
        np.testing.assert_allclose(points[0], [places[name][2:]] * 2, atol=0.1)
        np.testing.assert_allclose(confidence, found["wide"][1], atol=1e-5)


@pytest.mark.parametrize(("device", "expected"), [("cpu", 8), ("gpu", 32)])
def test_batches_are_larger_on_an_accelerator(monkeypatch, device, expected):
    monkeypatch.setattr(jax, "default_backend", lambda: device)
    assert batch_size("auto") == expected
    assert batch_size(3) == 3


@pytest.mark.parametrize(("device", "expected"), [("cpu", [1, 1, 1]), ("gpu", [32, 4, 1])])
def test_of_large_images_a_call_takes_few(monkeypatch, device, expected):
    """Of windows of the open field, of its whole images, and of those of a video of 1920 x 1080 px."""
    monkeypatch.setattr(jax, "default_backend", lambda: device)
    shapes = [(288, 288, 3), (736, 960, 3), (1632, 2880, 3)]
    assert [Detector(DotNetwork(), {}, batch_size=32).images_per_call(shape) for shape in shapes] == expected
    assert [Detector(DotNetwork(), {}, batch_size=3).images_per_call(shapes[0])] == [min(3, expected[0])]


@pytest.mark.parametrize(("width", "asked", "computed"), [(128, 5, 8), (128, 8, 8), (512, 5, 6), (1024, 5, 5)])
def test_little_is_computed_that_nobody_asked_for(monkeypatch, width, asked, computed):
    calls, run = [], detector._outputs
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    monkeypatch.setattr(detector, "CALL_PIXELS", 1024 * 96)
    monkeypatch.setattr(detector, "_outputs", lambda *given: calls.append(given[1]) or run(*given))
    images = [picture(width, 96, 20.5 + 9 * index, 30.5) for index in range(asked)]
    points, confidence = Detector(DotNetwork(), {}, batch_size=8)(images)
    assert len({images.shape for images in calls}) == 1
    assert sum(map(len, calls)) == computed
    np.testing.assert_allclose(points[:, 0], [(20.5 + 9 * index, 30.5) for index in range(asked)], atol=0.1)
    assert len(confidence) == asked
    assert [len(part) for part in Detector(DotNetwork(), {}, batch_size=8)([])] == [0, 0]
