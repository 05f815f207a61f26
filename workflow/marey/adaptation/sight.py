"""Sight: the animals that a model finds in images at its own scale, one or several."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from marey.assembly import instances
from marey.experiment.skeletons import Skeleton
from marey.inference.candidates import BottomUp, Finder, Single
from marey.inference.detector import Detector
from marey.inference.found import table_columns
from marey.networks.metadata import at_scale
from marey.networks.outputs import Layout


class Animals(NamedTuple):
    """Hold the animals of an image.

    Attributes:
        points: f64[animal, keypoint, 2], (x, y) px, NaN = not found.
        confidence: f64[animal, keypoint], 0..1; 0 = not found.
    """

    points: np.ndarray
    confidence: np.ndarray


class Sight:
    """Finds animals in images at the scale of a model."""

    def __init__(self, detector: Detector, metadata: dict, graph: instances.Graph | None, assemble: dict | None):
        """Look through a model.

        Args:
            detector: runs it.
            metadata: of its bundle.
            graph: what its animals are put together by, in px of the videos that trained it; None: a single animal.
            assemble: the block `assemble` of the config, with a graph.
        """
        layout = Layout.from_metadata(metadata)
        self._find: Finder = Single(detector) if layout.single else BottomUp([detector], layout)
        self._layout, self._assemble = layout, assemble
        self.mirrored = Skeleton.from_config(metadata).mirrored  # the order of the keypoints in a mirror image
        self._graph = graph and graph.magnified(metadata["preprocessing"]["scale"])
        self._metadata = at_scale(metadata, 1.0)

    def __call__(self, images: Sequence[np.ndarray]) -> list[Animals]:
        """Find the animals in images u8[height, width, 3]."""
        if not len(images):
            return []
        found = self._find.find_all(images, scale=1.0)
        if self._layout.single:
            return [
                Animals(points.astype(float), sure.astype(float))
                for points, sure in zip(found.points, found.confidence, strict=True)
            ]
        names = self._metadata["keypoints"]
        rows, pairs, _ = table_columns(found, names, self._layout.edges)
        evidence = instances.Evidence.from_tables(
            *(pd.DataFrame({"frame": table.pop("row"), **table}) for table in (rows, pairs)),
            keypoints=names,
            edges=self._metadata["animals"]["edges"],
        )
        instance = instances.assign_instances(evidence, self._graph, config=self._assemble, metadata=self._metadata)
        size = {"frames": len(images), "keypoints": len(names)}
        values = np.column_stack([evidence.place, evidence.confidence])
        seen = instances.values_by_animal(evidence, instance, values, **size)
        return [Animals(each[..., :2], np.nan_to_num(each[..., 2])) for each in seen]
