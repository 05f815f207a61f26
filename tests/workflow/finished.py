"""Finished experiments without their work: all outputs, as Snakemake remembers them, and nothing in them.

`marey.runtime` counts in no digest. Here it makes the outputs of a job and ends it, so that an experiment of any kind
is finished in seconds, and code and config can be edited to see what would run again.
"""

from pathlib import Path

from .checkout import Workflow

RUNTIME = '''
"""Stand-in for a run: outputs without content, and a plan of one shard for each video, as long as the config says."""

from pathlib import Path


def start(snakemake):
    for path in map(Path, snakemake.output):
        path.mkdir() if snakemake.rule == "export_labels" else path.touch()
    if snakemake.rule == "plan_shards":
        from marey.tables import files
        from marey.tables.plan import PLAN

        videos = [Path(path).parent.name for path in snakemake.input.probes]
        stop = snakemake.params.config["infer"]["shard_frames"]
        files.write(path, {"video": videos, "start": [0] * len(videos), "stop": [stop] * len(videos)}, PLAN)
    raise SystemExit(0)
'''


def finish(root: Path, *, film: str = "no film", **config) -> Workflow:
    """An experiment with two videos, one of which is labelled, and all that the workflow makes of it, empty."""
    (root / "data").mkdir()
    for name in "ab":
        (root / "data" / f"{name}.mp4").write_text(film + name)
    points = [f"a,{frame},m,{name},1,1\n" for frame in (0, 9) for name in ("nose", "tail")]
    (root / "data" / "labels.csv").write_text("".join(["video,frame,individual,keypoint,x,y\n", *points]))
    (root / "data" / "videos.tsv").write_text("video\tpath\na\ta.mp4\nb\tb.mp4\n")
    part = {"labels": {"sources": ["labels.csv"]}, "keypoints": ["nose", "tail"]}
    part["export"] = {"formats": ["csv"], "labels": ["coco"]}
    workflow = Workflow.checkout(root, {"project": "p", "data": "data", "videos": "videos.tsv", **part, **config})
    (root / "workflow" / "marey" / "runtime.py").write_text(RUNTIME)
    workflow.snakemake("--no-hooks")  # nor a report, of which there is nothing to say
    return workflow
