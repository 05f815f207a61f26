"""Finished experiments without their work: all outputs, as Snakemake remembers them, and nothing in them.

An experiment of any kind is finished in a second, and code and config can be edited to see what would run again.
"""

from pathlib import Path

from marey.networks.outputs import Layout

from ..marey.made_model import write_metadata, write_weights
from .checkout import Workflow

BUNDLE_LAYOUT = Layout(False, ((0, 1),), (), 2, descriptor=3)


def finish(root: Path, *, film: str = "no film", **config) -> Workflow:
    """An experiment with all that the workflow makes of it, empty: two videos, one of which is labelled.

    Its folder `data` is a bundle, too.
    """
    (root / "data").mkdir()
    for name in "ab":
        (root / "data" / f"{name}.mp4").write_text(film + name)
    points = [f"a,{frame},m,{name},1,1\n" for frame in (0, 9) for name in ("nose", "tail")]
    (root / "data" / "labels.csv").write_text("".join(["video,frame,individual,keypoint,x,y\n", *points]))
    (root / "data" / "videos.tsv").write_text("video\tpath\na\ta.mp4\nb\tb.mp4\n")
    write_metadata(root / "data" / "model.json", ["nose", "tail"], BUNDLE_LAYOUT)
    write_weights(root / "data")
    (root / "data" / "card.json").write_text('{"animal": "mouse_top"}')
    part = {"labels": {"sources": ["labels.csv"]}, "keypoints": ["nose", "tail"]}
    part["export"] = {"formats": ["csv"], "labels": ["coco"]}
    workflow = Workflow.checkout(root, {"project": "p", "data": "data", "videos": "videos.tsv", **part, **config})
    workflow.without_work()
    return workflow
