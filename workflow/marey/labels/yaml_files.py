"""YAML files of people: the config of an experiment and those of label sources, read so that nothing is lost.

Imported while Snakemake parses the workflow, in every job: nothing heavy is imported here.
"""

from collections.abc import Collection
from pathlib import Path

import yaml

MAX_DEPTH = 100  # levels of mappings and lists; configs have five
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: Path, *, names: Collection[str] = ()) -> object:
    """Read a YAML file, each key of a mapping once.

    The lists under the top-level keys in `names` hold names, which are text however they look: YAML takes `on` for
    true, `01` for 1, `1.10` for 1.1 and `null` for nothing.

    Raises ValueError, which names the file, where it is not YAML in UTF-8, or where a key is there twice, with both
    lines. OSError where the file cannot be read.
    """
    node = compose(path)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value in names:
                _as_text(value)
    return construct(path, node)


def construct(path: Path, node: yaml.Node | None) -> object:
    """Make the values of the nodes that `compose` read in `path`. ValueError where a value is none of its type."""
    loader = _Loader("")
    try:
        return loader.construct_document(node) if node else None
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise ValueError(f"{path}: is not YAML: {error}") from None
    finally:
        loader.dispose()


def compose(path: Path) -> yaml.Node | None:
    """Read the tree of nodes of a YAML file, which know their lines; None where it is empty. Errors as `read_yaml`."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        _check_depth(text)
        node = yaml.compose(text, _Loader)
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: is not text in UTF-8 ({error}); save it as such") from None
    except yaml.YAMLError as error:
        raise ValueError(f"{path}: is not YAML: {error}") from None
    faults = [fault for part in walk(node) for fault in _twice(part)]
    if faults:
        raise ValueError("\n".join(f"{path}: {fault}" for fault in faults))
    return node


def walk(node: yaml.Node | None) -> list[yaml.Node]:
    """List a node and all below it, each once, also where aliases (`*name`) refer to one again."""
    found, queue = {}, [node] if node else []
    while queue:
        part = queue.pop()
        if id(part) in found:
            continue
        found[id(part)] = part
        if isinstance(part, yaml.MappingNode):
            queue += [node for pair in reversed(part.value) for node in reversed(pair)]
        elif isinstance(part, yaml.SequenceNode):
            queue += reversed(part.value)
    return list(found.values())


def line(node: yaml.Node) -> int:
    """Return the line of a node, counted from 1."""
    return node.start_mark.line + 1


def _check_depth(text: str) -> None:
    """Refuse what is nested so deep that the parser, which calls itself for each level, would kill the process."""
    depth = 0
    for event in yaml.parse(text, _Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise yaml.YAMLError(f"more than {MAX_DEPTH} levels of mappings and lists")


def _twice(node: yaml.Node) -> list[str]:
    if not isinstance(node, yaml.MappingNode):
        return []
    seen, faults = {}, []
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
            first = seen.setdefault(key.value, key)
            if first is not key:
                faults.append(f"line {line(key)}: {key.value!r} is there already, in line {line(first)}; keep one")
    return faults


def _as_text(node: yaml.Node) -> None:
    """Make every value of the lists in a node text, as it is written."""
    if isinstance(node, yaml.SequenceNode):
        for part in walk(node):
            if isinstance(part, yaml.ScalarNode):
                part.tag = "tag:yaml.org,2002:str"
