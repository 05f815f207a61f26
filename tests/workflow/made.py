"""A made experiment of many videos and shards: placeholders stand for videos and models, and no network runs."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from marey.tables import files
from marey.tables.detections import DETECTIONS
from marey.tables.plan import PLAN

from .checkout import Workflow, environment

LENGTH = 100  # frames of a shard
PROBED = ("probe", "frames")
TRAINED = [
    *(f"labels/{name}.parquet" for name in ("labels", "dropped", "label_images", "splits", "dataset")),
    *(f"models/0-0/{name}" for name in ("model.safetensors", "model.json", "history.parquet")),
    *(f"models/0-0/{name}" for name in ("model.onnx", "model.int8.onnx")),
]

# Takes the place of scripts/infer_shard.py: the table of a shard in which nothing is seen, made beforehand. It imports
# next to nothing, or ten thousand of them would take hours.
TRIVIAL = '''"""Put the table of a shard where it belongs."""

from marey import runtime

runtime.start(snakemake)

import shutil

shutil.copyfile("made/{video}/{start}-{stop}.parquet".format(**snakemake.wildcards), snakemake.output[0])
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
    files.write(workflow.results / "plan.parquet", rows, PLAN)
    folder = workflow.results.relative_to(root) / "detections"
    request = []
    for video, start, stop in zip(*rows.values(), strict=True):
        name = f"{video}/{start}-{stop}.parquet"
        files.write(root / "made" / name, unseen(video, start, stop), DETECTIONS)
        request.append(str(folder / name))
    return workflow, [*request, "--set-threads", "infer_shard=1"]


def unseen(video: str, start: int, stop: int) -> pd.DataFrame:
    """The table `detections` of a frame range in which a keypoint is never seen."""
    nowhere = {"x": np.nan, "y": np.nan, "spread": np.nan, "confidence": 0.0}
    constant = {"video": video, "keypoint": "snout", "candidate": 0, "fault": False, **nowhere}
    return pd.DataFrame({"frame": np.arange(start, stop), **constant})


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
