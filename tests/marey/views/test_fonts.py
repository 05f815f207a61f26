"""Names in figures and clips: what no font here has is written as its number, and long names leave room for others."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from marey.views import fonts

MISSING = "\U000f0000"  # of a private plane: no font has it


@pytest.mark.parametrize("text", ["snout", "a$b$c", "Schw\u00e4nzchen", "\u043b\u0430\u043f\u0430", "\u03b1 \u03b2"])
def test_what_fonts_have_is_written_as_it_is(text):
    assert fonts.readable(text) == text


def test_what_no_font_has_is_written_as_its_number():
    assert fonts.readable(f"paw {MISSING}") == "paw [U+F0000]"


@pytest.mark.parametrize("text", ["snout", "Schw\u00e4nzchen", "\u043b\u0430\u043f\u0430"])
def test_the_font_of_a_text_draws_each_of_its_characters(text):
    font = fonts.picture_font(text, 20)

    def drawn(sign: str) -> np.ndarray:
        picture = Image.new("L", (30, 30))
        ImageDraw.Draw(picture).text((5, 2), sign, fill=255, font=font)
        return np.asarray(picture)

    assert all((drawn(sign) != drawn(MISSING)).any() for sign in text)


def test_long_names_leave_out_their_middle():
    assert fonts.short_name("n" * fonts.MAX_NAME) == "n" * fonts.MAX_NAME
    assert fonts.short_name("left_" + "n" * 50 + "_tip") == "left_nnnnnnnnnn\u2026nnnn_tip"
