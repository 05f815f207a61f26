"""The skeleton of an animal: keypoints, the lines between them, and which change places in a mirror."""

import re
from dataclasses import dataclass

# What the name of a left keypoint holds, and what the name of its right counterpart holds there.
_SIDES = (("(?i)left", "right"), ("(?i)(?<![a-z])l(?![a-z])", "r"), ("(?<=[a-z])L(?![a-z])", "R"))


@dataclass(frozen=True)
class Skeleton:
    """A skeleton: keypoint names in order, and edges and mirror pairs as pairs of indices into them."""

    keypoints: tuple[str, ...]
    edges: tuple[tuple[int, int], ...] = ()
    pairs: tuple[tuple[int, int], ...] = ()

    @classmethod
    def from_config(cls, config: dict) -> "Skeleton":
        """Make a skeleton from the keys `keypoints`, `skeleton` and `symmetry` of a checked config."""
        names = tuple(config["keypoints"])
        symmetry = config.get("symmetry")
        return cls(
            names,
            _indices(names, config.get("skeleton") or []),
            mirror_pairs(names) if symmetry is None else _indices(names, symmetry),
        )

    @property
    def mirrored(self) -> tuple[int, ...]:
        """Return the keypoint order in a mirror image: keypoint i appears where `mirrored[i]` was."""
        order = list(range(len(self.keypoints)))
        for left, right in self.pairs:
            order[left], order[right] = right, left
        return tuple(order)


def _indices(names: tuple[str, ...], pairs: list) -> tuple[tuple[int, int], ...]:
    return tuple((names.index(a), names.index(b)) for a, b in pairs)


def mirror_pairs(names: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    """Pair names that differ in left/right only: leftear and rightear, l_paw and r_paw, earL and earR.

    A side is the word left or right anywhere, a lone l or r between separators, or an L or R after a small letter.
    Returns pairs of indices, the left one first.
    """
    lower = [name.lower() for name in names]
    pairs = []
    for index, name in enumerate(names):
        for pattern, right in _SIDES:
            other, count = re.subn(pattern, right, name, count=1)
            if count and other.lower() in lower:
                pairs.append((index, lower.index(other.lower())))
                break
    return tuple(pairs)
