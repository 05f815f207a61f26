"""How many animals an image shows, and what joins their keypoints: the layout that a network is built and read by."""

from collections.abc import Sequence
from typing import NamedTuple

# In standard deviations of a keypoint's peak: half the width of an edge in the network's affinities, and how far about
# a keypoint cells learn whose it is.
EDGE_HALF_WIDTH = 2.0

CENTRE = "centre"  # the middle of the box about an animal, to a locator


def head_channels(keypoints: int, *, edges: int = 0, identities: int = 0, descriptor: int = 0) -> dict[str, int]:
    """Return the channels of each output of a network by its name; a new kind of output is one more line."""
    affinity = {"affinity": 2 * edges} if edges else {}
    identity = {"identity": identities + 1} if identities else {}
    features = {"descriptor": descriptor} if descriptor else {}
    return {"heatmap": keypoints, **affinity, **identity, **features}


class Layout(NamedTuple):
    """Describe what a network puts out, by how many animals an image shows and what joins their keypoints.

    Attributes:
        single: there is never more than one animal.
        edges: edges of the graph, pairs of keypoints.
        unique: keypoints that are there once in an image and belong to no animal.
        most: the most animals in a labelled image.
        side: side of the square about each animal that the network looks at, px of its input; 0: it looks at the whole.
        identities: individuals that the network tells apart by their appearance.
        descriptor: number of features of appearance that the network gives where it knows no identities.
        anchor: top-down, what squares are about: keypoints, of which the first that an animal has counts; none: the
            middle of its box.
    """

    single: bool
    edges: tuple[tuple[int, int], ...] = ()
    unique: tuple[int, ...] = ()
    most: int = 1
    side: int = 0
    identities: tuple[str, ...] = ()
    descriptor: int = 0
    anchor: tuple[int, ...] = ()

    @property
    def candidates(self) -> int:
        """Return how many candidates of each keypoint are looked for.

        More than the labelled animals: some candidates are false, and a video may show more animals.
        """
        return 1 if self.single else 2 * self.most + 2

    @property
    def outputs(self) -> dict[str, int]:
        """Return the numbers of outputs, the keywords of `network.build_network`."""
        return {"edges": len(self.edges), "identities": len(self.identities), "descriptor": self.descriptor}

    @property
    def appearance(self) -> str:
        """Return the name of the network's output that says what an animal looks like."""
        return "identity" if self.identities else "descriptor"

    def metadata(self, keypoints: tuple[str, ...]) -> dict:
        """Return the layout as a block of a bundle's metadata; the inverse of `from_metadata`."""
        anchor = {"anchor": [keypoints[k] for k in self.anchor]} if self.side else {}
        return {
            "single": self.single,
            "edges": [[keypoints[a], keypoints[b]] for a, b in self.edges],
            "unique": [keypoints[k] for k in self.unique],
            "most": self.most,
            "side": self.side,
            "identities": list(self.identities),
            "descriptor": self.descriptor,
            **anchor,
        }

    @classmethod
    def from_metadata(cls, metadata: dict) -> "Layout":
        """Make the layout of the metadata of a bundle."""
        index, block = list(metadata["keypoints"]).index, metadata["animals"]
        edges = tuple((index(a), index(b)) for a, b in block["edges"])
        unique, identities = tuple(map(index, block["unique"])), tuple(block["identities"])
        anchor = tuple(map(index, block.get("anchor", ())))  # models of before lack it: they go by middles of boxes
        return cls(
            block["single"], edges, unique, block["most"], block["side"], identities, block["descriptor"], anchor
        )


def anchor_name(keypoints: Sequence[str], anchor: Sequence[int]) -> str:
    """Name an anchor, as the only keypoint of the locator that finds it: by its keypoint, or as CENTRE."""
    return keypoints[anchor[0]] if anchor else CENTRE


SINGLE = Layout(single=True)
