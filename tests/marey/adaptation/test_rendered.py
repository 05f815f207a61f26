"""Rendered images: over the empty place, at the size that was measured, and like the frames."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from marey.adaptation import rendered
from marey.adaptation.rendered import (
    Ground,
    body_length,
    choose_keypoints,
    find_renderer,
    look,
    render_made,
    render_over,
)
from marey.networks.metadata import BundleError
from marey.provenance.code import modules
from marey.synth.examples import animal_names

MOUSE = find_renderer("mouse_top")
SIZE = (160, 120)
SCRIPT = Path(__file__).parents[3] / "scripts" / "adapt_bundle.py"


def ground(body: float = 40.0, looks: np.ndarray | None = None) -> Ground:
    """A floor that is darker on the left."""
    return Ground(np.tile(np.linspace(60, 200, SIZE[0]).astype(np.uint8)[None, :, None], (SIZE[1], 1, 3)), body, looks)


def lengths(examples: list) -> float:
    """The median distance from snout to tail base, px."""
    ends = [MOUSE.keypoints.index(name) for name in ("snout", "tail_base")]
    points = np.concatenate([each.points[:, ends] for each in examples])
    return float(np.nanmedian(np.linalg.norm(points[:, 0] - points[:, 1], axis=-1)))


def test_animals_have_the_size_that_was_measured():
    small, large = (
        lengths(list(render_over(MOUSE, [ground(body)], seed=0, count=8, animals=1))) for body in (30.0, 60.0)
    )
    assert large / small == pytest.approx(2, rel=0.25)


def test_the_length_of_bodies_is_measured_by_all_distances(monkeypatch):
    monkeypatch.setattr(rendered, "MEASURED_EXAMPLES", 20)
    made = [each.points for each in render_over(MOUSE, [ground(50.0)], seed=5, count=12, animals=1)]
    every = list(range(len(MOUSE.keypoints)))
    assert body_length(MOUSE, made, every) == pytest.approx(50, rel=0.25)
    without_tail = choose_keypoints(MOUSE, ["nose", "earL", "TTI"], {})
    assert body_length(MOUSE, [each[:, without_tail] for each in made], without_tail) == pytest.approx(50, rel=0.35)
    monkeypatch.setattr(rendered, "MEASURED_EXAMPLES", 1)
    nothing = np.full((1, 3, 2), np.nan)
    assert np.isnan(body_length(MOUSE, [nothing], without_tail))


def test_an_example_is_the_same_whatever_was_rendered_before():
    few, many = (list(render_over(MOUSE, [ground()], seed=3, count=count, animals=1)) for count in (2, 3))
    assert (few[1].image == many[1].image).all()
    assert few[0].image.shape == (SIZE[1], SIZE[0], 3)
    (made,) = islice(render_made(MOUSE, seed=3, count=1, animals=2), 1)
    assert len(made.points) <= 2


def test_of_several_images_the_one_most_like_the_frames_is_taken():
    dark, bright = (np.array([[animal, 0.5, 0.0]]) for animal in (0.0, 1.0))
    seen = {}
    for name, looks in (("dark", dark), ("bright", bright)):
        examples = render_over(MOUSE, [ground(looks=looks)], seed=1, count=5, animals=1)
        seen[name] = np.mean([look(each.image, each.points)[0] for each in examples])
    assert seen["dark"] + 0.1 < seen["bright"]


def test_an_image_looks_as_bright_and_noisy_as_it_is():
    image = np.full((20, 30, 3), 102, np.uint8)
    image[5:8, 5:8] = 204
    animal, place, noise = look(image, np.array([[6.5, 6.5], [np.nan, np.nan]]))
    assert (animal, place, noise) == pytest.approx((0.8, 0.4, 0.0), abs=1e-5)
    chance = np.random.default_rng(0)
    noisy = np.clip(image + chance.normal(0, 10, image.shape[:2])[..., None], 0, 255).astype(np.uint8)
    assert look(noisy, np.array([[6.5, 6.5]]))[2] > 0.1
    assert np.isnan(look(image, np.full((2, 2), np.nan))[0])


def test_an_animal_or_a_keypoint_that_cannot_be_rendered_is_named():
    with pytest.raises(BundleError, match="animal 'unicorn' cannot be rendered over videos, only mouse_top"):
        find_renderer("unicorn")
    with pytest.raises(BundleError, match="the rendered animal has no horn"):
        choose_keypoints(MOUSE, ["snout", "horn"], {})
    assert choose_keypoints(MOUSE, ["spot", "nose"], {"spot": "tail_tip"}) == [len(MOUSE.keypoints) - 1, 0]


def test_an_edit_to_the_mouse_that_is_rendered_adapts_again():
    found = modules(SCRIPT)
    for name in ("animals.mouse_top", "mice", "mouse", "postures", "coats", "painting", "places", "exposure"):
        assert f"marey.synth.{name}" in found
    assert "marey.synth.fly" not in found


def test_what_lies_over_photographs_can_be_rendered():
    assert set(rendered.OVER_PHOTOGRAPHS) <= set(animal_names())
