"""The animal's plan: keypoints, the lines between them, and which change places in a mirror."""

import re
from dataclasses import dataclass

_SIDES = {"left": "right", "l": "r"}


@dataclass(frozen=True)
class Skeleton:
    """Keypoint names in order, edges and mirror pairs as index pairs into them."""

    keypoints: tuple[str, ...]
    edges: tuple[tuple[int, int], ...] = ()
    pairs: tuple[tuple[int, int], ...] = ()

    @classmethod
    def from_config(cls, config: dict) -> "Skeleton":
        """From the keys `keypoints`, `skeleton` and `symmetry` of a checked config."""
        names = tuple(config["keypoints"])
        symmetry = config.get("symmetry")
        return cls(
            names,
            _indices(names, config.get("skeleton") or []),
            mirror_pairs(names) if symmetry is None else _indices(names, symmetry),
        )

    @property
    def mirrored(self) -> tuple[int, ...]:
        """The keypoint order in a mirror image: keypoint i appears where `mirrored[i]` was."""
        order = list(range(len(self.keypoints)))
        for left, right in self.pairs:
            order[left], order[right] = right, left
        return tuple(order)


def _indices(names: tuple[str, ...], pairs: list) -> tuple[tuple[int, int], ...]:
    return tuple((names.index(a), names.index(b)) for a, b in pairs)


def mirror_pairs(names: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    """Pairs of names that differ in left/right only: leftear and rightear, l_paw and r_paw, paw_L and paw_R.

    A side is the word left or right anywhere, or a lone l or r between separators.
    """
    lower = [name.lower() for name in names]
    pairs = []
    for index, name in enumerate(lower):
        for side, other in _SIDES.items():
            pattern = side if len(side) > 1 else rf"(?<![a-z]){side}(?![a-z])"
            twin, count = re.subn(pattern, other, name, count=1)
            if count and twin in lower:
                pairs.append((index, lower.index(twin)))
                break
    return tuple(pairs)
