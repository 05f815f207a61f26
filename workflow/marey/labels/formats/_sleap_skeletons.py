"""Skeletons, tracks and the version of a SLEAP label file. Runs apart (`_apart`)."""

from typing import TYPE_CHECKING

from marey.labels.formats._hdf_tree import as_json, texts
from marey.labels.names import clean_name, name_faults

if TYPE_CHECKING:
    import h5py

LAST_KNOWN = 3.0  # exclusive: the first version whose tables are others
EDGE = 1  # kind of a link; the other, 2, is a symmetry


def read_metadata(file: "h5py.File") -> tuple[dict, float]:
    """Read skeletons and the like, and the version of the format."""
    group = file.get("metadata")
    attributes = {} if group is None else group.attrs
    said = (
        attributes["json"]
        if "json" in attributes
        else group["json"][()]
        if group is not None and "json" in group
        else None
    )
    if said is None:
        raise ValueError("lacks /metadata with its json, so it is no SLEAP label file; save it in SLEAP again")
    metadata = as_json(said, "/metadata json")
    if not isinstance(metadata, dict) or not {"skeletons", "nodes"} <= set(metadata):
        raise ValueError("/metadata json has no skeletons and nodes; save the file in SLEAP again")
    format_id = float(attributes.get("format_id", 1.0))
    if format_id >= LAST_KNOWN:
        raise ValueError(f"is of SLEAP's format {format_id:g}; up to 2.x can be read: save it so")
    return metadata, format_id


def read_skeletons(metadata: dict) -> tuple[list[list[str]], list[list[str]], int]:
    """Read the names of the nodes of each skeleton in the order of its points, all edges, and how many symmetries."""
    try:
        names = [clean_name(str(node["name"])) for node in metadata["nodes"]]
        graphs = [skeleton.get("nx_graph", skeleton) for skeleton in metadata["skeletons"]]
        nodes = [[names[node["id"]] for node in graph["nodes"]] for graph in graphs]
        links = [(link, kind) for graph in graphs for link, kind in _links(graph)]
        edges = [[names[link["source"]], names[link["target"]]] for link, kind in links if kind == EDGE]
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        raise ValueError("/metadata json has other skeletons than SLEAP writes; save the file in SLEAP again") from None
    return nodes, edges, len(links) - len(edges)


def _links(graph: dict) -> list[tuple[dict, int]]:
    """List the links of a skeleton, each with its kind, which is spelt out where it first occurs and then counted."""
    kinds: list[int] = []
    found = []
    for link in graph.get("links") or []:
        said = link.get("type") or {}
        if "py/reduce" in said:
            kinds.append(said["py/reduce"][1]["py/tuple"][0])
            found.append((link, kinds[-1]))
        else:
            number = said.get("py/id", EDGE)
            found.append((link, kinds[number - 1] if 0 < number <= len(kinds) else number))
    return found


def read_tracks(file: "h5py.File", metadata: dict) -> list[str]:
    lines = texts(file, "tracks_json") if "tracks_json" in file else []
    entries = (
        [as_json(line, f"/tracks_json, line {at}") for at, line in enumerate(lines, 1)] or metadata.get("tracks") or []
    )
    return [clean_name(str(entry[1])) or f"track{at}" for at, entry in enumerate(entries, 1)]


def check_names(nodes: list[list[str]], tracks: list[str]) -> None:
    faults = [fault for skeleton in nodes for fault in name_faults(skeleton)] + name_faults(dict.fromkeys(tracks))
    if faults:
        raise ValueError(f"nodes or tracks: {'; '.join(faults[:3])}; rename them in SLEAP")
