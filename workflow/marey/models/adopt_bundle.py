"""Models of another experiment: a bundle as it is used where there are no labels to train one by.

Its keypoints get the names that they have here, and a model of several animals becomes one of a single animal where
there is never more than one. Of a single animal, the keypoints that nobody asks for go; of several they stay, behind
the others, as helpers: whose a keypoint is, all of them tell together. Assembly leaves them out.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from marey.models import bundles
from marey.networks.outputs import SINGLE, Layout
from marey.tables import files
from marey.tables.confidence_curves import CONFIDENCE_CURVES, UNCALIBRATED
from marey.tables.graph import GRAPH
from marey.tables.places import BUNDLE_TABLES
from marey.zoo.catalogue import Bundle
from marey.zoo.names import match

# Of the kinds of evidence in the log odds (see marey.assembly.pair_odds), where nothing was learnt of an edge: a clear
# affinity (0.15 or more) says yes, none says no, and lengths, which nobody knows, say nothing.
UNLEARNT_WEIGHTS = (4.0, 20.0, 0.0, -3.0)


def adopt_bundle(
    bundle: Bundle,
    out: tuple[Path, Path],
    curves_out: Path,
    graph_out: Path | None = None,
    *,
    config: dict,
    provenance: dict,
) -> None:
    """Write a bundle as this experiment uses it, its confidence curves and, bottom-up, its graph.

    Args:
        bundle: the bundle; without `tables` beside it confidence is not calibrated, and the graph's edges count alike.
        out: weights and metadata that are written.
        curves_out: table `confidence_curves`.
        graph_out: table `graph`; None: a single animal.
        config: `keypoints`, `skeleton`, animals.method and model.map.
        provenance: metadata of what is written.

    Raises:
        BundleError: the bundle is broken, or lacks a keypoint.
    """
    _, params, metadata = bundles.load_bundle(*bundle.files)
    parent = metadata["weights"]["blake2b"]
    params, metadata, edges = reduce_bundle(params, metadata, config)
    metadata = {**metadata, "training": {**provenance, "parent": parent}}
    bundles.save_bundle(*out, params, metadata)
    given = {path.name: path for path in bundle.tables}
    curves, graph = (given.get(name) for name in BUNDLE_TABLES)
    rows = files.read(curves, CONFIDENCE_CURVES) if curves else pd.DataFrame(UNCALIBRATED)
    if curves:
        rows["source"] = rows["source"].replace("validation", "elsewhere")
    files.write(curves_out, rows, CONFIDENCE_CURVES, provenance=provenance)
    if graph_out:
        known = files.read(graph, GRAPH).iloc[edges].reset_index(drop=True) if graph else _unlearnt_graph(len(edges))
        names = np.array(metadata["animals"]["edges"], object).reshape(-1, 2)
        rows = known.assign(edge=np.arange(len(edges)), source=names[:, 0], target=names[:, 1])
        files.write(graph_out, rows, GRAPH, provenance=provenance)


def reduce_bundle(params: dict, metadata: dict, config: dict) -> tuple[dict, dict, list[int]]:
    """Reduce a model to the keypoints and the method of a config, which name its keypoints.

    Args:
        params: {"params": tree of f32 arrays}.
        metadata: those of the bundle.
        config: as `adopt_bundle` takes it.

    Returns:
        The parameters, the metadata, whose `helpers` are keypoints that nobody asks for, and the numbers of the edges
        that are left.

    Raises:
        BundleError: a keypoint of the config is not among those of the bundle, or model.map is faulty.
    """
    names, layout = metadata["keypoints"], Layout.from_metadata(metadata)
    source = match(config["keypoints"], names, config["model"]["map"])
    if source.unknown:
        raise bundles.BundleError(
            f"keypoints: the model knows no {', '.join(source.unknown)}; it has {', '.join(names)}. Name them in "
            "`model.map`, take them out of `keypoints`, or label frames to train by"
        )
    kept = [names.index(source.source[name]) for name in config["keypoints"]]
    own, helpers = list(config["keypoints"]), []
    if config["animals"]["method"] != "single":
        kept += [names.index(name) for name in source.dropped]
        helpers = [name if name not in own else f"{name} of the bundle" for name in source.dropped]
    asked = [*own, *helpers]
    parts = {**params["params"], "heatmap": _outputs_of(params["params"]["heatmap"], kept)}
    edges: list[int] = []
    if config["animals"]["method"] == "single":
        layout, heads = SINGLE, ("affinity", "identity", "descriptor")
    else:
        edges, heads = list(range(len(layout.edges))), ("identity",)
        joined = tuple(tuple(map(kept.index, edge)) for edge in layout.edges)
        unique = tuple(map(kept.index, layout.unique))
        layout = layout._replace(edges=joined, unique=unique, identities=())
    parts = {name: part for name, part in parts.items() if name not in heads}
    here = {names[index]: name for index, name in zip(kept, asked, strict=True)}
    pairs = [[here[a], here[b]] for a, b in metadata["symmetry"] if a in here and b in here]
    reach = metadata.get("reach") and [[metadata["reach"][a][b] for b in kept] for a in kept]
    changed = {
        "keypoints": asked,
        "helpers": helpers,
        "skeleton": config["skeleton"],
        "symmetry": pairs,
        "reach": reach,
    }
    animals = layout.metadata(tuple(asked))
    return {"params": parts}, {**metadata, **changed, "animals": animals}, edges


def _outputs_of(head: dict, channels: list[int]) -> dict:
    """Keep some of the outputs of a head, whose last layer has them as the last axis of its arrays."""
    return {**head, "out": {name: np.asarray(value)[..., channels] for name, value in head["out"].items()}}


def _unlearnt_graph(edges: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "edge": np.arange(edges),
            "source": "",
            "target": "",
            "length": 0.0,
            "length_sd": 1.0,
            "separability": 0.5,
            "weights": pd.Series([np.array(UNLEARNT_WEIGHTS)] * edges, dtype=object),
            "used": True,
        }
    )
