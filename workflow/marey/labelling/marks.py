"""Marks of keypoints in the labelling kit: colour, letter and shape, by which any two are told apart."""

import re
from collections.abc import Iterator, Sequence

from marey.experiment.skeletons import Skeleton

# Of keypoints, and of animals: all CIEDE2000 >= 12 apart to eyes of any kind, and bright, as they have a dark edge.
COLOURS = ("#bcd5fb", "#f09a19", "#57db8c", "#f0199a", "#f3f33f", "#8266f5", "#f8bfca", "#f01919")


def keypoint_marks(skeleton: Skeleton) -> list[dict]:
    """Return {name, colour, letter, side} of each keypoint: no two have the same letter.

    `side` gives the shape: `left` and `right`, of pairs that change places in a mirror, and `middle`.
    """
    sides = ["middle"] * len(skeleton.keypoints)
    for left, right in skeleton.pairs:
        sides[left], sides[right] = "left", "right"
    letters = _letters(skeleton.keypoints)
    return [
        {"name": name, "colour": COLOURS[index % len(COLOURS)], "letter": letters[index], "side": sides[index]}
        for index, name in enumerate(skeleton.keypoints)
    ]


def _letters(names: Sequence[str]) -> list[str]:
    """Return one or two letters for each name, all different."""
    taken: list[str] = []
    for number, name in enumerate(names, start=1):
        taken.append(next(sign for sign in _candidates(name, number) if sign not in taken))
    return taken


def _candidates(name: str, number: int) -> Iterator[str]:
    words = [word for word in re.split(r"[\W_]+|(?<=[a-z])(?=[A-Z])", name) if word] or ["?"]
    first = words[0][0].upper()
    if len(words) == 1:
        yield first
    yield from (first + digits[-2:] for digits in reversed(re.findall(r"\d+", name)))
    yield from (first + word[0].upper() for word in reversed(words[1:]))
    yield from (first + sign.lower() for sign in "".join(words)[1:])
    yield from (f"{first}{digit}" for digit in range(2, 10))
    yield from (str(count) for count in range(number, number + 1000))
