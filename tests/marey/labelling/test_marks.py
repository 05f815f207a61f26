import itertools
import string

import numpy as np
import pytest

from marey.experiment.skeletons import Skeleton, mirror_pairs
from marey.labelling.marks import COLOURS, keypoint_marks

# Machado, Oliveira & Fernandes (2009), severity 1, on linear RGB.
DEFICIENCIES = {
    "none": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}


def linear(colour: str) -> np.ndarray:
    value = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIELAB (D65) of linear sRGB."""
    matrix = np.array(
        [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]]
    )
    xyz = matrix @ np.clip(rgb, 0, 1) / [0.95047, 1, 1.08883]
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def ciede2000(one: np.ndarray, two: np.ndarray) -> float:
    """Sharma, Wu & Dalal (2005)."""
    (l1, a1, b1), (l2, a2, b2) = one, two
    mean = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    g = 0.5 * (1 - np.sqrt(mean**7 / (mean**7 + 25**7)))
    c1, c2 = np.hypot((1 + g) * a1, b1), np.hypot((1 + g) * a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, (1 + g) * a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = 0 if c1 * c2 == 0 else (h2 - h1 + 180) % 360 - 180
    dl, dc, dh = l2 - l1, c2 - c1, 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    ml, mc = (l1 + l2) / 2, (c1 + c2) / 2
    mh = h1 + h2 if c1 * c2 == 0 else (h1 + turn / 2) % 360
    t = 1 - 0.17 * np.cos(np.radians(mh - 30)) + 0.24 * np.cos(np.radians(2 * mh))
    t += 0.32 * np.cos(np.radians(3 * mh + 6)) - 0.2 * np.cos(np.radians(4 * mh - 63))
    sl = 1 + 0.015 * (ml - 50) ** 2 / np.sqrt(20 + (ml - 50) ** 2)
    sc, sh = 1 + 0.045 * mc, 1 + 0.015 * mc * t
    rt = -2 * np.sqrt(mc**7 / (mc**7 + 25**7)) * np.sin(np.radians(60 * np.exp(-(((mh - 275) / 25) ** 2))))
    return np.sqrt((dl / sl) ** 2 + (dc / sc) ** 2 + (dh / sh) ** 2 + rt * dc / sc * dh / sh)


def test_the_difference_is_that_of_its_authors():
    assert ciede2000(np.array([50, 2.6772, -79.7751]), np.array([50, 0, -82.7485])) == pytest.approx(2.0425, abs=1e-4)
    assert ciede2000(np.array([22.7233, 20.0904, -46.694]), np.array([23.0331, 14.973, -42.5619])) == pytest.approx(
        2.0373, abs=1e-4
    )


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_k15_colours_differ_to_everybodys_eyes(deficiency):
    seen = {colour: lab(np.array(DEFICIENCIES[deficiency]) @ linear(colour)) for colour in COLOURS}
    for one, two in itertools.combinations(COLOURS, 2):
        assert ciede2000(seen[one], seen[two]) >= 10, (one, two)


def test_k15_marks_can_be_read_on_black_and_their_edge_on_white():
    for colour in COLOURS:
        luminance = np.array([0.2126729, 0.7151522, 0.072175]) @ linear(colour)
        assert (luminance + 0.05) / 0.05 >= 4.5, colour
    edge = linear("#404040")[0]  # three quarters of black over white
    assert 1.05 / (edge + 0.05) >= 4.5


@pytest.mark.parametrize("count", [1, 8, 32, 80])
def test_k15_no_two_keypoints_have_one_letter_and_sides_have_shapes(count):
    names = tuple(f"{side}_leg{number}" for number in range(count) for side in ("left", "right"))[:count]
    marks = keypoint_marks(Skeleton(names, pairs=mirror_pairs(names)))
    assert len({mark["letter"] for mark in marks}) == count
    assert all(1 <= len(mark["letter"]) <= 3 for mark in marks)
    for left, right in mirror_pairs(names):
        assert (marks[left]["side"], marks[right]["side"]) == ("left", "right")


def test_letters_are_those_of_the_names():
    names = ("snout", "left_ear", "right_ear", "tail_base", "tailTip", "leg12", "leg13", "鼻", "_")
    letters = [mark["letter"] for mark in keypoint_marks(Skeleton(names))]
    assert letters == ["S", "LE", "RE", "TB", "TT", "L", "L13", "鼻", "?"]


def test_every_name_gets_a_letter():
    names = tuple(dict.fromkeys(a + b for a in string.ascii_lowercase for b in string.ascii_lowercase))
    assert len({mark["letter"] for mark in keypoint_marks(Skeleton(names))}) == len(names)
