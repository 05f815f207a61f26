"""Why a result is what it is: the chain of steps behind it, and what sets two results apart."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq

from marey.provenance.code import config_digest
from marey.provenance.lineage import Input, RunStep, TracedResults, display_path
from marey.tables import files, places
from marey.tables.labels import LABELS

HASH_DIGITS = 12  # digits of a hash that are shown


def explain(result: Path, *, video: str | None = None, frame: int | None = None) -> Iterator[str]:
    """Yield lines that describe the steps behind `result`, the last first; then what is stale.

    The steps go back to labels and videos. `video` and `frame` (0-based) leave out what concerns other videos and
    shards, and list the rows of that frame's labels. Raises ValueError where `result` is no output of the workflow, or
    has no such row.
    """
    results, path = TracedResults.of(result)
    _check_row(result, video, frame)
    if results.step(path) is None:
        raise ValueError(f"{result}: carries no provenance, and no log says what made it; is it an output of Marey?")
    changed = []
    for step in _chain(results, path, video, frame):
        yield from _describe(results, step)
        for item in _inputs(results, step, video, frame):
            then, state = results.hash_then(item), _state(results, item)
            digest = (then or "not probed")[:HASH_DIGITS]
            yield f"  {item.name:12} {display_path(item.path)}  {digest}  {state}".rstrip()
            if state:
                changed.append(f"  {display_path(item.path)} {state} since {step.provenance['rule']} read it")
        if step.provenance["rule"] == "ingest_labels":
            yield from _label_rows(results, step, video, frame)
        yield ""
    if changed:
        yield f"{display_path(path)} is stale:"
        yield from changed
    else:
        yield f"{display_path(path)} rests on files that have not changed since."


def _chain(results: TracedResults, path: str, video: str | None, frame: int | None) -> list[RunStep]:
    """List the steps behind `path`, each after all steps that read what it made."""
    found: dict[int, RunStep] = {}

    def visit(step: RunStep) -> None:
        if id(step) not in found:
            for item in _inputs(results, step, video, frame):
                if earlier := results.step(item.path):
                    visit(earlier)
            found[id(step)] = step

    visit(results.step(path))
    return list(reversed(found.values()))


def _inputs(results: TracedResults, step: RunStep, video: str | None, frame: int | None) -> list[Input]:
    """List the inputs of a step, without those that are only about other videos or shards."""
    return [item for item in step.inputs if _concerns(results, item.path, video, frame)]


def _concerns(results: TracedResults, path: str, video: str | None, frame: int | None) -> bool:
    step = results.step(path)
    if step is None:
        return video is None or results.probes.get(path, {}).get("video", video) == video
    wildcards = step.provenance["wildcards"]
    if video is not None and wildcards.get("video", video) != video:
        return False
    return frame is None or "start" not in wildcards or int(wildcards["start"]) <= frame < int(wildcards["stop"])


def _describe(results: TracedResults, step: RunStep) -> Iterator[str]:
    known, record = step.provenance, step.record
    yield "  ".join([known["rule"], *(f"{name}={value}" for name, value in known["wildcards"].items())])
    yield f"  made         {', '.join(map(display_path, step.outputs))}"
    seed = "" if known["seed"] is None else f", seed {known['seed']}"
    code, config = known["code"][:HASH_DIGITS], config_digest(known["config"])[:HASH_DIGITS]
    yield f"  by           version {known['version']}, code {code}, config {config}{seed}"
    if record:
        job = f" (SLURM job {record['slurm_job']})" if record["slurm_job"] else ""
        seconds = results.seconds(step)
        took = "" if seconds is None else f", {seconds:.1f} s"
        device = f", {known['device']}" if "device" in known else ""
        yield f"  ran          {record['started']}{took}, on {record['host']}{job}{device}"
    else:
        yield "  ran          (its log is gone: when and where is not known)"


def _state(results: TracedResults, item: Input) -> str:
    """Say what has become of an input since it was read: "" where it is the same."""
    then, now = results.hash_then(item), results.hash(item.path)
    if now is None:
        return "is gone"
    return "has changed" if then and now != then else ""


def _label_rows(results: TracedResults, step: RunStep, video: str | None, frame: int | None) -> Iterator[str]:
    """Yield the number of labelled points by source, and the rows of one frame."""
    path = results.file(f"<results>/{places.TABLES['labels']}")
    rows = files.read(path, LABELS)
    for source, part in rows.groupby("source"):
        frames = len(part[["video", "frame"]].drop_duplicates())
        yield f"  labelled     {len(part)} points in {frames} frames: <data>/{source}"
    if frame is not None:
        for row in rows[(rows["video"] == video) & (rows["frame"] == frame)].itertuples():
            place = f"x {row.x:.1f}, y {row.y:.1f}" if row.x == row.x else row.visibility
            yield f"  row {row.row:<8} <data>/{row.source}: {row.individual} {row.keypoint}, {place}"


def _check_row(result: Path, video: str | None, frame: int | None) -> None:
    if frame is not None and video is None:
        raise ValueError("a frame is one of a video: give `--video` as well")
    if video is None or result.suffix != ".parquet":
        return
    wanted = {"video": video} if frame is None else {"video": video, "frame": frame}
    columns = set(pq.read_schema(result).names)
    wanted = {name: value for name, value in wanted.items() if name in columns}
    filters = [(name, "==", value) for name, value in wanted.items()]
    if filters and not pq.read_table(result, columns=list(wanted), filters=filters).num_rows:
        named = ", ".join(f"{name} {value}" for name, value in wanted.items())
        raise ValueError(f"{result}: has no row of {named}")
