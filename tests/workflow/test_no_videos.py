"""Labels of single images train a model and test it, without any video; so do labels of another project."""

import json

import numpy as np
import pytest
from PIL import Image

from .checkout import Workflow, jobs

RULES = {"ingest_labels", "split_labels", "pack_dataset", "train_model", "export_model", "quantise_model"}
RULES |= {"predict_frames", "calibrate_confidence", "pool_predictions", "check_labels"}
OF_VIDEOS = {"probe_video", "sample_frames", "plan_shards", "labeling_kit", "find_outliers", "infer_shard"}


@pytest.fixture(scope="module")
def images(tmp_path_factory) -> Workflow:
    """Labels in COCO's form beside eight images."""
    root = tmp_path_factory.mktemp("images")
    (root / "data").mkdir()
    for number in range(8):
        Image.fromarray(np.full((48, 64, 3), 30 * number, np.uint8)).save(root / "data" / f"{number}.png")
    listed = [{"id": number, "file_name": f"{number}.png", "width": 64, "height": 48} for number in range(8)]
    points = [{"id": n, "image_id": n, "category_id": 1, "keypoints": [9, 9, 2, 20, 9, 2]} for n in range(8)]
    category = {"id": 1, "name": "mouse", "keypoints": ["nose", "tail"]}
    content = {"images": listed, "annotations": points, "categories": [category]}
    (root / "data" / "labels.json").write_text(json.dumps(content))
    return Workflow.checkout(
        root, {"project": "p", "data": "data", "videos": [], "labels": {"sources": ["labels.json"]}}
    )


@pytest.mark.parametrize("folds", [1, 2])
def test_a_model_is_trained_and_tested(images, folds):
    planned = images.with_config(split={"folds": folds}).planned()
    assert planned.keys() >= RULES
    assert not planned.keys() & OF_VIDEOS
    assert planned["train_model"] == folds
    assert (planned["evaluate_model"], planned.get("pool_folds")) == ((1, None) if folds == 1 else (3, 1))


def test_an_empty_folder_of_videos_is_refused_and_the_fix_named(images):
    (images.root / "data" / "films").mkdir(exist_ok=True)
    said = images.with_config(videos="films").forked("--dry-run", check=False)
    assert "no videos found there" in said
    assert "set `videos: []`, if there are only labels of single images" in said


def test_labels_of_another_project_test_the_model_and_train_nothing(images):
    content = json.loads((images.root / "data" / "labels.json").read_text())
    content["categories"][0]["keypoints"] = ["snout", "whisker"]
    (images.root / "data" / "other.json").write_text(json.dumps(content))
    edited = images.with_config(evaluate={"sources": ["other.json"]})
    said = edited.forked("--dry-run")
    assert "Left out of evaluate.sources, as they are no keypoints here: whisker" in said
    more = {name: count for name, count in jobs(said).items() if "elsewhere" in name}
    names = ["ingest", "split", "pack", "predict", "pool", "evaluate"]
    plots = {"plot_elsewhere_errors", "plot_elsewhere_worst_frames"}
    assert more == dict.fromkeys({*(f"{name}_elsewhere" for name in names), *plots}, 1)
    assert jobs(said).items() - more.items() == images.planned().items()
