"""Reads DeepLabCut's pickles of network outputs without running what might be in them, and prints them as JSON.

    python benchmarks/pickles.py trimouse_eval.pickle

Run in a process of its own: only what arrays and series are made of is let in. A frame is {key,
candidates: [[keypoint, x, y, confidence]], pairs: [[edge, source, target, affinity, distance]], truth: [[animal,
keypoint, x, y]]}.
"""

import json
import pickle
import sys
from pathlib import Path

import numpy as np

# What the arrays and the series in these files are made of; none of it runs what it is given.
KNOWN = {
    ("builtins", "slice"),
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),  # since NumPy 2
    ("pandas.core.indexes.base", "Index"),
    ("pandas.core.indexes.base", "_new_Index"),
    ("pandas.core.indexes.multi", "MultiIndex"),
    ("pandas.core.internals.managers", "SingleBlockManager"),
    ("pandas.core.series", "Series"),
}


class Unpickler(pickle.Unpickler):
    """Knows no class but those of arrays."""

    def find_class(self, module: str, name: str):
        """The class, if it is one of KNOWN."""
        if (module, name) in KNOWN:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} is not part of an array")


def main() -> None:
    """Print the graph and the frames of a file."""
    with Path(sys.argv[1]).open("rb") as file:
        content = Unpickler(file).load()
    metadata = content.pop("metadata")
    graph, names = np.array(metadata["PAFgraph"]).tolist(), list(metadata["all_joints_names"])
    frames = [_frame(key, content[key], graph, len(names)) for key in content]
    json.dump({"graph": graph, "keypoints": names, "frames": frames}, sys.stdout)


def _frame(key: str, frame: dict, graph: list, keypoints: int) -> dict:
    found = frame["prediction"]
    places = [np.asarray(part, float).reshape(-1, 2) for part in found["coordinates"][0]]
    sure = [np.asarray(part, float).reshape(-1) for part in found["confidence"]]
    candidates = [
        [kind, *place, confidence]
        for kind in range(keypoints)
        for place, confidence in zip(places[kind].tolist(), sure[kind].tolist(), strict=True)
    ]
    starts = np.cumsum([0, *map(len, places)])
    pairs = []
    for edge, (first, second) in enumerate(graph):
        if edge in found["costs"]:
            affinity, distance = (np.asarray(found["costs"][edge][name], float) for name in ("m1", "distance"))
            pairs += [
                [edge, int(starts[first]) + a, int(starts[second]) + b, *map(float, np.nan_to_num(each))]
                for (a, b), each in zip(
                    np.ndindex(affinity.shape), np.stack([affinity, distance], axis=-1).reshape(-1, 2), strict=True
                )
            ]
    truth = [
        [slot // keypoints, slot % keypoints, *np.asarray(point, float)[0].tolist()]
        for slot, point in enumerate(frame["groundtruth"][1])
        if len(point)
    ]
    return {"key": key, "candidates": candidates, "pairs": pairs, "truth": truth}


if __name__ == "__main__":
    main()
