"""Rendered images for an adaptation: what draws them counts in the stage's code."""

from pathlib import Path

from marey.adaptation.rendered import RENDERERS
from marey.provenance.code import modules
from marey.synth.examples import animal_names

SCRIPT = Path(__file__).parents[3] / "scripts" / "adapt_bundle.py"


def test_an_edit_to_the_mouse_that_is_rendered_adapts_again():
    found = modules(SCRIPT)
    for name in ("animals.mouse_top", "mice", "mouse", "postures", "coats", "painting", "places", "exposure"):
        assert f"marey.synth.{name}" in found
    assert "marey.synth.fly" not in found


def test_renderers_are_animals_that_can_be_rendered():
    assert set(RENDERERS) <= set(animal_names())
