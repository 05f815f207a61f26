"""Marks of keypoints in the labelling kit: colour, letter and shape, by which any two are told apart."""

import re
from collections.abc import Iterator, Sequence

from marey.experiment.skeletons import Skeleton

# Okabe & Ito (2008) without black and with a lighter blue, by contrast to those before; drawn with a dark edge.
COLOURS = ("#56b4e9", "#e69f00", "#f0e442", "#cc79a7", "#00b386", "#ff7a45", "#5a8dff", "#f4f4f4")
# Of animals, where points are coloured by animal and of skeletons.
ANIMAL_COLOURS = ("#ffd24d", "#4db8ff", "#ff7a45", "#5fd38d", "#e08be0", "#f4f4f4", "#a7c957", "#9b8cff")


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
