"""Assembles candidates by their order: the first of each keypoint are one animal, the second another."""

from types import SimpleNamespace

import numpy as np


class Assembler:
    """Takes frames by their number and, in `metadata`, the graph."""

    def __init__(self, data: dict, *, max_n_individuals: int, n_multibodyparts: int):
        assert len(data["metadata"]["all_joints"]) == n_multibodyparts
        self.frames = [frame for name, frame in data.items() if name != "metadata"]
        self.edges, self.most = data["metadata"]["PAFgraph"], max_n_individuals
        self.assemblies = {}

    def assemble(self) -> None:
        """Fill in `assemblies`: by frame, objects with `data`, f64[keypoint, 4]: x, y, confidence, group."""
        for number, frame in enumerate(self.frames):
            (places,), sure = frame["coordinates"], frame["confidence"]
            for edge, (first, second) in enumerate(self.edges):
                assert frame["costs"][edge]["m1"].shape == (len(places[first]), len(places[second]))
            found = np.full((self.most, len(places), 4), np.nan)
            for keypoint, (place, confidence) in enumerate(zip(places, sure, strict=True)):
                count = min(len(place), self.most)
                found[:count, keypoint, :3] = np.hstack([place, confidence])[:count]
            self.assemblies[number] = [SimpleNamespace(data=animal) for animal in found]
