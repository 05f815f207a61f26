"""What sets two results apart: where, on the way to them, something enters that differs."""

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from marey.provenance.lineage import Input, RunStep, TracedResults, display_path

MAX_NAMED_STEPS = 3  # steps that are named for a difference


def compare(a: Path, b: Path) -> Iterator[str]:
    """Yield lines that say in what the steps behind the results `a` and `b` differ, the earliest difference first.

    Steps differ in version, code, config, wildcards, device, and in files that no step made: labels, videos, weights.
    Only inputs whose content differed are followed. Raises ValueError where one is no output of the workflow.
    """
    (left, path), (right, other) = TracedResults.of(a), TracedResults.of(b)
    if left.hash(path) == right.hash(other):
        yield "A and B are the same, byte for byte."
        return
    comparison = Comparison(left, right)
    comparison.follow(Input("", path, left.hash(path)), Input("", other, right.hash(other)))
    if not comparison.found:
        yield "A and B differ, but nothing does that is recorded: one was edited, or its step is not deterministic."
        return
    yield "A and B differ in"
    for what, steps in comparison.found.items():
        more = f" and {len(steps) - MAX_NAMED_STEPS} more" if len(steps) > MAX_NAMED_STEPS else ""
        yield f"  {what}"
        yield f"      {', '.join(steps[:MAX_NAMED_STEPS])}{more}"


class Comparison:
    """Compares the steps behind two results.

    `found`: for each difference the steps in which it enters, in the order of the work.
    """

    def __init__(self, left: TracedResults, right: TracedResults):
        self.left, self.right = left, right
        self.found: dict[str, list[str]] = {}
        self._seen: set[tuple] = set()

    def follow(self, a: Input, b: Input) -> None:
        """Add what differs between the steps behind two files, and between those steps' inputs."""
        one, two = self.left.step(a.path), self.right.step(b.path)
        pair = (one.outputs if one else (a.path,), two.outputs if two else (b.path,))
        if pair in self._seen:
            return
        self._seen.add(pair)
        if one is None or two is None:
            then = [results.hash_then(item) for results, item in ((self.left, a), (self.right, b))]
            self._add("content: {:.12} in A, {:.12} in B".format(*map(str, then)), display_path(a.path))
            return
        rules = one.provenance["rule"], two.provenance["rule"]
        if rules[0] != rules[1]:
            self._add(f"rule: {rules[0]} in A, {rules[1]} in B", f"{display_path(a.path)}, {display_path(b.path)}")
            return
        for item, other in _pairs(one.inputs, two.inputs):
            if item is None or other is None:
                self._add(f"input: {display_path((item or other).path)} only in {'A' if item else 'B'}", _name(one))
            elif self.left.hash_then(item) != self.right.hash_then(other):
                self.follow(item, other)
        for what in _differences(one.provenance, two.provenance):
            self._add(what, _name(one))

    def _add(self, what: str, where: str) -> None:
        self.found.setdefault(what, []).append(where)


def _pairs(a: list[Input], b: list[Input]) -> Iterator[tuple[Input | None, Input | None]]:
    """Pair inputs of the same name: by path first, the others in their order; None where one has no counterpart."""
    for name in dict.fromkeys(item.name for item in (*a, *b)):
        one, two = ({item.path: item for item in side if item.name == name} for side in (a, b))
        yield from ((one[path], two[path]) for path in one if path in two)
        rest = (
            [item for path, item in side.items() if path not in (two if side is one else one)] for side in (one, two)
        )
        yield from zip_longest(*rest)


def _differences(a: dict, b: dict) -> Iterator[str]:
    """Yield what differs between two provenances, inputs apart."""
    for key in ("version", "device", "engine"):
        if a.get(key) != b.get(key):
            yield f"{key}: {a.get(key)} in A, {b.get(key)} in B"
    if a["code"] != b["code"]:
        yield f"code of {a['rule']}"
    for part, title in (("wildcards", ""), ("config", "config ")):
        one, two = _flat(a[part]), _flat(b[part])
        for key in sorted(one.keys() | two.keys()):
            if one.get(key) != two.get(key):
                yield f"{title}{key}: {one.get(key, 'not set')} in A, {two.get(key, 'not set')} in B"


def _flat(part: dict, prefix: str = "") -> dict:
    """Flatten nested dicts into one, under dotted keys."""
    found = {}
    for key, value in part.items():
        found |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return found


def _name(step: RunStep) -> str:
    return f"{step.provenance['rule']} ({display_path(step.outputs[0])})"
