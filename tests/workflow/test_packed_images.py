"""Image files of labels: an edited one is packed again, and so trains; a touched or copied one is not."""

import os
import shutil

import numpy as np
from PIL import Image

from .checkout import Workflow, executed, jobs

TARGET = "results/p/labels/dataset.parquet"


def draw(path, seed):
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (32, 32, 3), np.uint8)).save(path)


def test_an_edited_image_is_packed_again_once(tmp_path):
    (tmp_path / "data").mkdir()
    for frame in range(3):
        draw(tmp_path / "data" / f"{frame}.png", frame)
    rows = [f"v,{frame},m,nose,1,1,{frame}.png" for frame in range(3)]
    (tmp_path / "data" / "labels.csv").write_text("\n".join(["video,frame,individual,keypoint,x,y,image", *rows]))
    (tmp_path / "data" / "a.mp4").write_text("no film")
    config = {"project": "p", "data": "data", "videos": "a.mp4", "keypoints": ["nose"]}
    workflow = Workflow.checkout(tmp_path, {**config, "labels": {"sources": ["labels.csv"]}})

    def planned() -> dict[str, int]:
        return jobs(workflow.forked("--dry-run", "--", TARGET))

    workflow.forked("--", TARGET, jobs=True)
    image = tmp_path / "data" / "1.png"
    os.utime(image)
    shutil.copy(image, tmp_path / "copy.png")
    shutil.move(tmp_path / "copy.png", image)
    assert planned() == {}
    draw(image, 9)
    assert planned() == {"pack_dataset": 1}
    assert executed(workflow.forked("--", TARGET, jobs=True)) == {"pack_dataset": 1}
    assert planned() == {}
    shutil.rmtree(tmp_path / ".snakemake" / "marey")
    assert planned() == {}
