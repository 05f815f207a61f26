"""Where a click lands: K3, and what must not change it (K16, K17, K18)."""

import numpy as np
import pytest

from .kits import DOTS, dotted, make_kit

SPOTS = [(100.5, 50.5), (31.5, 200.5), (250.5, 180.5), (160.0, 120.0)]


@pytest.fixture(scope="module")
def kit(tmp_path_factory):
    dots = dict(zip(DOTS, SPOTS, strict=False))
    return make_kit(tmp_path_factory.mktemp("kit"), [dotted(320, 240, dots)] * 2)


def errors(found: dict, spots=SPOTS, frame=0) -> list[float]:
    placed = [value for key, value in found.items() if key[0] == frame]
    assert len(placed) == len(spots)
    return [max(abs(x - u), abs(y - v)) for (x, y, *_), (u, v) in zip(placed, spots, strict=True)]


@pytest.mark.parametrize(("width", "height", "ratio"), [(1280, 720, 1), (1024, 600, 1.25), (900, 640, 2)])
def test_k3_clicks_on_dots_that_are_seen_land_where_the_dots_are(visit, kit, width, height, ratio):
    seen = visit(kit, width=width, height=height, ratio=ratio)
    for colour in DOTS[: len(SPOTS)]:
        seen.click(colour)
    assert max(errors(seen.points())) < 0.15
    assert not seen.errors


@pytest.mark.parametrize("zoom", [0.5, 1, 3, 16])
def test_k3_at_every_zoom(visit, kit, zoom):
    seen = visit(kit)
    box = seen.box()
    whole = min(box["width"] / 320, box["height"] / 240)
    for colour in DOTS[: len(SPOTS)]:
        seen.press("0")
        seen.zoom(seen.find(colour), zoom / whole)
        seen.click(colour)
    assert max(errors(seen.points())) < 0.15
