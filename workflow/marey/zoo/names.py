"""Names that laboratories give to the same keypoint: which keypoint of a bundle is which of a project.

nose and snout, leftear, earL, Ear_left and left_ear, tailbase, base_tail and TTI (the tail-torso interface of SLEAP's
mice) are the same places. A side is the word left or right, or an l or r that a separator or a capital sets apart, or,
seen from the side, the word near or far; a name without one never becomes one with one. Standard library only: it is
asked while the Snakefile is parsed.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from marey.networks.metadata import BundleError

# Places that have several names, without their side, separators and capitals. The first is the one that counts. What
# laboratories call different places by (trunk, rump, tail1) is not here.
SYNONYMS = (
    ("snout", "nose", "nosetip", "tipofnose", "nosepoint", "snouttip"),
    ("ear", "eartip", "earpoint", "pinna"),
    ("neck", "nape", "baseneck", "neckbase", "headbase", "basehead"),
    (
        *("bodycentre", "bodycenter", "centre", "center", "centrebody", "centerbody", "centrepoint", "centerpoint"),
        *("mousecentre", "mousecenter", "midbody", "bodymiddle", "middle", "midback", "centrespine"),
        *("centerspine", "spinecentre", "spinecenter", "midspine", "spinemid", "centroid"),
    ),
    ("hip", "haunch"),
    ("tailbase", "basetail", "baseoftail", "tailstart", "tailroot", "tailonset", "tti"),
    ("tailmiddle", "middletail", "midtail", "tailmid", "tailcenter", "tailcentre"),
    ("tailtip", "tiptail", "tipoftail", "tailend", "endtail", "endoftail"),
    # From the side: paws by their middle.
    ("frontpaw", "forepaw", "pawfront", "pawfore", "frontfoot", "forefoot", "fpaw"),
    ("hindpaw", "rearpaw", "backpaw", "pawhind", "pawrear", "hindfoot", "rearfoot", "hpaw"),
    ("ankle", "heel", "hock"),
    # Of flies.
    ("head", "headfront", "headtip"),
    ("thorax", "scutellum"),
    ("abdomen", "abdomentip", "abdomenend", "tipabdomen", "endabdomen"),
    ("wing", "wingtip", "tipwing"),
    ("foreleg4", "forelegtip", "frontlegtip", "foreleg", "frontleg"),
    ("midleg4", "midlegtip", "middlelegtip", "midleg", "middleleg"),
    ("hindleg4", "hindlegtip", "rearlegtip", "hindleg", "rearleg"),
)
_PLACE = {name: names[0] for names in SYNONYMS for name in names}
_SIDES = {"left": "left", "l": "left", "right": "right", "r": "right", "near": "near", "far": "far"}
MIN_GLUED = 3  # letters beside a side in one word: leftear has a side, upright has none


class Match(NamedTuple):
    """Say which keypoint of a bundle each keypoint of a project is.

    Attributes:
        source: the bundle's keypoint for each of the project's; None where it has none.
        dropped: keypoints of the bundle that the project has not.
    """

    source: dict[str, str | None]
    dropped: list[str]

    @property
    def unknown(self) -> list[str]:
        """Return the keypoints of the project that the bundle does not know."""
        return [name for name, source in self.source.items() if source is None]


def place(name: str) -> tuple[str, str] | None:
    """Return the side ("" where there is none) and the place that a keypoint's name says; None where it says two sides.

    Places are compared, and mean nothing else.
    """
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    sides, rest = [], []
    for word in re.findall(r"[^\W\d_]+|\d+", apart.lower()):
        glued = re.fullmatch(r"(left|right|near|far)(\w+)|(\w+?)(left|right|near|far)", word)
        if word in _SIDES:
            sides.append(_SIDES[word])
        elif glued and len(glued[2] or glued[3]) >= MIN_GLUED:
            sides.append(glued[1] or glued[4])
            rest.append(glued[2] or glued[3])
        else:
            rest.append(word)
    if len(sides) > 1:
        return None
    part = "".join(rest)
    return "".join(sides), _PLACE.get(part, part)


def match(project: Sequence[str], bundle: Sequence[str], by_hand: Mapping[str, str | None] | None = None) -> Match:
    """Find the keypoint of a bundle for each keypoint of a project: by hand, else by name, else by place.

    Where several keypoints of either say the same place, none is taken by place: nothing says which it would be.

    Args:
        project: names of the project's keypoints.
        bundle: names of the bundle's.
        by_hand: `model.map`; a keypoint that is null there has none, whatever its name.

    Returns:
        The match; each keypoint of the bundle is there at most once.

    Raises:
        BundleError: `by_hand` names a keypoint that there is not, or one of the bundle twice.
    """
    by_hand = by_hand or {}
    _check(project, bundle, by_hand)
    source = dict.fromkeys(project)
    source.update(by_hand)
    free = [name for name in bundle if name not in by_hand.values()]
    open_ = [name for name in project if name not in by_hand]
    source.update({name: name for name in open_ if name in free})
    free = [name for name in free if name not in open_]
    open_ = [name for name in open_ if source[name] is None]
    for name in open_:
        here = place(name)
        found = [other for other in free if place(other) == here]
        if here is not None and len(found) == 1 and [place(each) for each in open_].count(here) == 1:
            source[name] = found[0]
    return Match(source, [name for name in bundle if name not in source.values()])


def _check(project: Sequence[str], bundle: Sequence[str], by_hand: Mapping[str, str | None]) -> None:
    faults = [
        f"model.map: '{name}' is not a keypoint of this project; it has {', '.join(project)}"
        for name in by_hand
        if name not in project
    ]
    named = [name for name in by_hand.values() if name is not None]
    faults += [
        f"model.map: '{name}' is not a keypoint of the bundle; it has {', '.join(bundle)}"
        for name in dict.fromkeys(named)
        if name not in bundle
    ]
    faults += [
        f"model.map: '{name}' of the bundle is given to {named.count(name)} keypoints; give it to one"
        for name in dict.fromkeys(named)
        if named.count(name) > 1
    ]
    if faults:
        raise BundleError("\n".join(faults))
