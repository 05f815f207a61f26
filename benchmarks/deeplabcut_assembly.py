"""DeepLabCut's own assembly of the detections in one of its pickles, as JSON: {key: [[[x, y, confidence], ...], ...]}.

Runs in an environment of its own (`pip install deeplabcut`); `multi_animal.py --deeplabcut` calls it. Takes what
`pickles.py` prints from standard input, so that nothing is unpickled here.
"""

import json
import sys

import numpy as np
from deeplabcut.core.inferenceutils import Assembler


def main() -> None:
    """Assemble with the default settings, three animals at most."""
    content = json.load(sys.stdin)
    graph, count = content["graph"], len(content["keypoints"])
    joints = [[index] for index in range(count)]
    data = {"metadata": {"PAFgraph": graph, "all_joints": joints, "all_joints_names": content["keypoints"]}}
    data |= {frame["key"]: _frame(frame, graph, count) for frame in content["frames"]}
    assembler = Assembler(data, max_n_individuals=3, n_multibodyparts=count)
    assembler.assemble()
    keys = [frame["key"] for frame in content["frames"]]
    found = {
        key: [
            np.where(np.isnan(each.data[:, :3]), None, each.data[:, :3]).tolist()
            for each in assembler.assemblies.get(i, [])
        ]
        for i, key in enumerate(keys)
    }
    json.dump(found, sys.stdout)


def _frame(frame: dict, graph: list, count: int) -> dict:
    """A frame as DeepLabCut keeps it."""
    candidates = np.array(frame["candidates"]).reshape(-1, 4)
    of_kind = [candidates[candidates[:, 0] == kind] for kind in range(count)]
    starts = np.cumsum([0, *map(len, of_kind)])
    costs = {}
    for edge, (first, second) in enumerate(graph):
        shape = len(of_kind[first]), len(of_kind[second])
        costs[edge] = {"m1": np.zeros(shape, np.float32), "distance": np.zeros(shape, np.float32)}
    for edge, source, target, affinity, distance in frame["pairs"]:
        first, second = graph[edge]
        place = source - starts[first], target - starts[second]
        costs[edge]["m1"][place], costs[edge]["distance"][place] = affinity, distance
    return {
        "coordinates": ([part[:, 1:3] for part in of_kind],),
        "confidence": [part[:, 3:] for part in of_kind],
        "costs": costs,
    }


if __name__ == "__main__":
    main()
