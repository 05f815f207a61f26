"""The lens model by held-out frames."""

import numpy as np
import pytest

from marey.multiview.lens_models import choose_models, fit, held_out_errors, with_model

from .made_boards import CHESS, as_seen, camera, made_rig, ring, sights


@pytest.mark.parametrize("model", ["pinhole", "k1k2"])
def test_the_simplest_that_sees_held_out_frames_as_well_is_chosen(model):
    truth = made_rig(ring(2, model), CHESS, 12)
    seen = as_seen(sights(truth, CHESS, 0.15), CHESS)
    assert choose_models(fit(truth, seen, ["k1k2"] * 2), seen, "auto") == [model] * 2


def test_a_fisheye_is_told_from_other_lenses():
    cameras = [each._replace(distortion=np.array([0.15, -0.1, 0, 0])) for each in ring(2, "fisheye")]
    truth = made_rig(cameras, CHESS, 12)
    seen = as_seen(sights(truth, CHESS, 0.02), CHESS)
    errors = held_out_errors(truth, seen, ["fisheye"] * 2)
    assert (errors < 0.04).all()
    assert (errors < held_out_errors(truth, seen, ["pinhole"] * 2)).all()


def test_the_model_that_is_asked_for_is_taken():
    truth = made_rig(ring(2), CHESS, 3)
    seen = as_seen(sights(truth, CHESS), CHESS)
    assert choose_models(truth, seen, "full") == ["full"] * 2
    assert choose_models(truth, seen, "auto") == ["k1k2"] * 2  # too few frames to hold any out
    assert np.isnan(held_out_errors(truth, seen, ["k1k2"] * 2)).all()


def test_terms_that_two_models_share_are_kept():
    full = with_model(camera(model="k1k2"), "full")
    np.testing.assert_array_equal(full.distortion, [-0.3, 0.1, 0, 0, 0])
    np.testing.assert_array_equal(with_model(full, "fisheye").distortion, np.zeros(4))
    np.testing.assert_array_equal(with_model(camera(model="full"), "k1k2").distortion, [-0.25, 0.1, 0, 0, 0])
    np.testing.assert_array_equal(with_model(full, "pinhole").distortion, np.zeros(5))
