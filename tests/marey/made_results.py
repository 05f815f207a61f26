"""A results folder as the workflow leaves it, made without running anything: an analysis of two shards of a video."""

import json
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa

from marey import runtime
from marey.provenance.hashes import content_hash
from marey.tables import files
from marey.tables.columns import FRAME, VIDEO, table
from marey.tables.labels import LABELS
from marey.tables.probe import PROBE

from .made_model import write_metadata

ROWS = table("rows", [VIDEO, FRAME], sort=["video", "frame"])
RESULTS = "results/p"


class Named(dict):
    """Like Snakemake's named lists: items by name."""


def job(
    rule: str, inputs: dict, outputs: list[str], *, config: dict | None = None, code: str = "", **wildcards
) -> None:
    """Do as if a job had run in the current folder: its log, its benchmark, and its outputs (frames 0 to 31 of `a`)."""
    stem = f"{rule}/{'-'.join(map(str, wildcards.values()))}" if wildcards else rule
    log, times = Path(RESULTS, "logs", f"{stem}.log"), Path(RESULTS, "benchmarks", f"{stem}.jsonl")
    snakemake = SimpleNamespace(
        rule=rule,
        log=[str(log)],
        config={"project": "p", "data": "data"},
        input=Named(inputs),
        output=outputs,
        wildcards={name: str(value) for name, value in wildcards.items()},
        params=SimpleNamespace(config=config or {}, code=code or f"code of {rule}"),
    )
    provenance = runtime.provenance(snakemake)
    for path in (log, times, *map(Path, outputs)):
        path.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(json.dumps(runtime.record(snakemake, provenance)) + "\nwhat the job said\n")
    times.write_text('{"s": 2.5}\n')
    for path in map(Path, outputs):
        _write(path, {**provenance, "device": "cpu"}, int(wildcards.get("start", 0)), int(wildcards.get("stop", 32)))


def _write(path: Path, provenance: dict, start: int, stop: int) -> None:
    if path.name == "model.json":
        write_metadata(path, ["snout"], training=provenance)
    elif path.name == "labels.parquet":
        lines = [line.split(",") for line in Path("data/labels.csv").read_text().splitlines()]
        points = [
            (v, int(f), "m", k, 3.0, 4.0, "visible", "", None, "labels.csv", i + 1, None)
            for i, (v, f, k) in enumerate(lines)
        ]
        columns = dict(zip(LABELS.names, zip(*points, strict=True), strict=True))
        files.write(path, columns, LABELS, provenance=provenance)
    elif path.name == "probe.parquet":
        video = Path("data", f"{path.parent.name}.mp4")
        row = {field.name: [None if field.nullable else "" if field.type == pa.string() else 0] for field in PROBE}
        row |= {"variable_frame_rate": [False], "mirrored": [False], "video": [path.parent.name], "path": [video.name]}
        row |= {"size": [video.stat().st_size], "content_hash": [content_hash(video)]}
        files.write(path, row, PROBE, provenance=provenance)
    elif path.suffix == ".parquet":
        frames = list(range(start, stop))
        files.write(path, {"video": ["a"] * len(frames), "frame": frames}, ROWS, provenance=provenance)
    else:
        path.write_text(f"{path.name} of {json.dumps(provenance, sort_keys=True)}")


def analysis(
    *, steps: int = 3, window: int = 32, smoothing: str = "", labelled: str = "a,0,snout\na,7,snout\nb,7,snout\n"
):
    """Videos `a` and `b`, labels of both, a model, two shards of `a`, its poses and a clip of them."""
    Path("data").mkdir(exist_ok=True)
    Path("data/labels.csv").write_text(labelled)
    for video in "ab":
        with suppress(FileExistsError), Path("data", f"{video}.mp4").open("x") as file:
            file.write(f"the film {video}")
        job("probe_video", {"video": f"data/{video}.mp4"}, [f"{RESULTS}/videos/{video}/probe.parquet"], video=video)
    probes = [f"{RESULTS}/videos/{video}/probe.parquet" for video in "ab"]
    model = [f"{RESULTS}/models/0-0/{name}" for name in ("model.safetensors", "model.json")]
    job("ingest_labels", {"labels": ["data/labels.csv"], "probes": probes}, [f"{RESULTS}/labels/labels.parquet"])
    job(
        "train_model", {"labels": f"{RESULTS}/labels/labels.parquet"}, model, config={"train": {"steps": steps}}, seed=0
    )
    shards = [f"{RESULTS}/detections/a/0-16.parquet", f"{RESULTS}/detections/a/16-32.parquet"]
    for start, path in zip((0, 16), shards, strict=True):
        inputs = {"video": "data/a.mp4", "probe": probes[0], "weights": model[:1], "metadata": model[1:]}
        config = {"infer": {"window": window}}
        job("infer_shard", inputs, [path], config=config, video="a", start=start, stop=start + 16)
    job("smooth_video", {"shards": shards}, [f"{RESULTS}/smoothed/a.parquet"], code=smoothing, video="a")
    clip = {"video": "data/a.mp4", "smoothed": f"{RESULTS}/smoothed/a.parquet"}
    job("render_video", clip, [f"{RESULTS}/clips/a.mp4"], video="a")
