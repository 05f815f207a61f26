"""A made experiment of many videos and shards: placeholders stand for videos and models, and no network runs."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from marey.tables import files, plan

from .checkout import Workflow, environment

LENGTH = 100  # frames of a shard
PROBED = ("probe", "frames")
TRAINED = [
    *(f"labels/{name}.parquet" for name in ("labels", "dropped", "splits", "dataset")),
    *(f"models/0-0/{name}" for name in ("model.safetensors", "model.json", "history.parquet")),
    *(f"models/0-0/{name}" for name in ("model.onnx", "model.int8.onnx")),
]

# Takes the place of scripts/infer_shard.py: a keypoint that is seen nowhere, in every frame of the shard. Without
# pandas, which would take longer to import than all the rest.
TRIVIAL = '''"""Write the table of a shard in which nothing is seen."""

from marey import runtime

provenance = runtime.start(snakemake)

import json

import pyarrow as pa
import pyarrow.parquet as pq

from marey.tables.detections import SCHEMA

frames = range(int(snakemake.wildcards.start), int(snakemake.wildcards.stop))
nowhere = {"x": None, "y": None, "spread": None, "confidence": 0.0, "fault": False}
constant = {"video": snakemake.wildcards.video, "keypoint": "snout", "candidate": 0, **nowhere}
schema = SCHEMA.with_metadata({**SCHEMA.metadata, "provenance": json.dumps(provenance)})
table = pa.Table.from_pylist([{"frame": frame, **constant} for frame in frames], schema=schema)
pq.write_table(table, snakemake.output[0])
'''


def experiment(root: Path, *, videos: int, shards: int) -> tuple[Workflow, list[str]]:
    """A checkout in `root` whose videos are probed and planned and whose model is trained, and the request for shards.

    `shards` is their number in each video. The request, arguments of snakemake, asks for nothing but trivial shards, of
    one thread each.
    """
    config = {"project": "made", "labels": {"sources": ["labels.csv"]}, "keypoints": ["snout"]}
    workflow = Workflow.checkout(root, config)
    (root / "scripts" / "infer_shard.py").write_text(TRIVIAL)
    names = [f"video{index:05}" for index in range(videos)]
    (root / "data").mkdir()
    (root / "data" / "videos.tsv").write_text("video\tpath\n" + "".join(f"{name}\t{name}.mp4\n" for name in names))
    (root / "data" / "labels.csv").write_text("video,frame,individual,keypoint,x,y\n")
    sources = [root / "data" / f"{name}.mp4" for name in names]
    probed = [workflow.results / "videos" / name / f"{table}.parquet" for name in names for table in PROBED]
    trained = [workflow.results / name for name in TRAINED]
    # In this order: none is older than what it rests on.
    for path in (*sources, *probed, *trained):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    starts = [LENGTH * index for _ in names for index in range(shards)]
    rows = {
        "video": [name for name in names for _ in range(shards)],
        "start": starts,
        "stop": [start + LENGTH for start in starts],
    }
    files.write(workflow.results / "plan.parquet", rows, plan.SCHEMA)
    folder = workflow.results.relative_to(root) / "shards"
    tables = [
        str(folder / f"{video}/{start}-{stop}.parquet") for video, start, stop in zip(*rows.values(), strict=True)
    ]
    return workflow, [*tables, "--set-threads", "infer_shard=1"]


def heed_interrupts() -> None:
    """What a shell runs in the background ignores SIGINT, and so would all that it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def interrupted(workflow: Workflow, *request: str, after: int, number: signal.Signals) -> str:
    """What a run printed that got a signal, with all its jobs, once `after` of them were finished."""
    command = [sys.executable, "-m", "snakemake", *request, *workflow.arguments()]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    lines, finished = [], 0
    pipes |= {"preexec_fn": heed_interrupts, "start_new_session": True}
    with subprocess.Popen(command, cwd=workflow.root, env=environment(), **pipes) as run:
        for line in run.stdout:
            lines.append(line)
            finished += line.startswith("Finished jobid")
            if finished == after:
                os.killpg(run.pid, number)
                finished += 1  # once is enough
    assert finished > after, "".join(lines)
    return "".join(lines)
