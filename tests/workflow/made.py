"""A made experiment of many videos and shards: placeholders stand for videos and models, and no network runs."""

from pathlib import Path

from marey.tables import files, plan

from .checkout import Workflow

LENGTH = 100  # frames of a shard
PROBED = ("probe", "frames")
TRAINED = [
    *(f"labels/{name}.parquet" for name in ("labels", "dropped", "splits", "dataset")),
    *(f"models/0-0/{name}" for name in ("model.safetensors", "model.json", "history.parquet")),
    *(f"models/0-0/{name}" for name in ("model.onnx", "model.int8.onnx")),
]

# Takes the place of scripts/infer_shard.py: a keypoint that is seen nowhere, in every frame of the shard.
TRIVIAL = '''"""Write the table of a shard in which nothing is seen."""

from marey import runtime

provenance = runtime.start(snakemake)

import numpy as np

from marey.tables import detections, files

frames = np.arange(int(snakemake.wildcards.start), int(snakemake.wildcards.stop))
constant = {"video": snakemake.wildcards.video, "keypoint": "snout", "candidate": 0, "confidence": 0.0, "fault": False}
columns = {name: [value] * len(frames) for name, value in constant.items()}
nowhere = np.full(len(frames), np.nan)
columns |= {"frame": frames, "x": nowhere, "y": nowhere, "spread": nowhere}
files.write(snakemake.output[0], columns, detections.SCHEMA, provenance=provenance)
'''


def experiment(root: Path, *, videos: int, shards: int) -> tuple[Workflow, list[str]]:
    """A checkout in `root` whose videos are probed and planned and whose model is trained, and the tables to ask for.

    `shards` is their number in each video. These tables need nothing but a trivial shard each.
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
    return workflow, [
        str(folder / f"{video}/{start}-{stop}.parquet") for video, start, stop in zip(*rows.values(), strict=True)
    ]
