"""Finished experiments without their work: all outputs, as Snakemake remembers them, and nothing in them.

An experiment of any kind is finished in a second, and code and config can be edited to see what would run again.
"""

from pathlib import Path

from marey.networks.outputs import Layout

from ..marey.made_model import write_metadata, write_weights
from .checkout import Workflow

# The videos are views of one session, where an experiment has cameras: of a board that each saw.
CAMERAS = {"calibration": "board_{camera}.mp4"}
CAMERAS["board"] = {"type": "chessboard", "squares": [8, 5], "square_size": 25}
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
    (root / "data" / "videos.tsv").write_text("video\tpath\tsession\tcamera\na\ta.mp4\ts\ttop\nb\tb.mp4\ts\tside\n")
    for camera in ("top", "side"):
        (root / "data" / f"board_{camera}.mp4").write_text(film + camera)
    write_metadata(root / "data" / "model.json", ["nose", "tail"], BUNDLE_LAYOUT)
    write_weights(root / "data")
    (root / "data" / "card.json").write_text('{"animal": "mouse_top"}')
    part = {"labels": {"sources": ["labels.csv"]}, "keypoints": ["nose", "tail"]}
    part["export"] = {"formats": ["csv"], "labels": ["coco"], "cameras": ["toml"], "sessions": ["csv"]}
    workflow = Workflow.checkout(root, {"project": "p", "data": "data", "videos": "videos.tsv", **part, **config})
    workflow.without_work()
    return workflow
