"""Methods text: what it says of the training is what was done."""

import pandas as pd
import pytest

from marey.networks.outputs import Layout
from marey.tables import files, places
from marey.tables.history import HISTORY
from marey.views import methods, results

from .. import made_report
from ..made_model import write_metadata


def paragraph(root, *, steps=(), **model):
    """The methods of a made experiment whose models took so many steps each."""
    made = made_report.finish(made_report.config(root))
    config = {**made.config, "model": {**made.config["model"], **model}}
    config["train"] = {**config["train"], "seeds": list(range(len(steps) or 1))}
    for seed, count in enumerate(steps):
        rows = {name: [0.0] * count for name in HISTORY.names} | {"step": range(1, count + 1)}
        path = made.results / "models" / f"0-{seed}" / "history.parquet"
        files.write(path, pd.DataFrame(rows), HISTORY)
    return methods.methods_paragraph(config, results.read_results(made.results, made.videos, config))


@pytest.mark.parametrize(("steps", "said"), [((30,), "for 30 steps of"), ((30, 12), "for 12 to 30 steps of")])
def test_the_steps_are_those_that_were_taken(tmp_path, steps, said):
    assert f"trained {said}" in paragraph(tmp_path, steps=steps)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ({"backbone": "efficientnet_lite0"}, "(EfficientNet-Lite0, pretrained on ImageNet)"),
        ({"backbone": "resnet18"}, "(ResNet-18)"),
        ({"backbone": "resnet18", "weights": "of/ours.pth"}, "(ResNet-18, which started from the weights in ours.pth)"),
        ({"backbone": "efficientnet_lite0", "weights": "x.pth"}, "which started from the weights in x.pth"),
    ],
)
def test_weights_of_a_file_are_whatever_they_are(tmp_path, model, said):
    assert said in paragraph(tmp_path, **model)


@pytest.mark.parametrize(
    ("anchor", "said"), [((3, 0, 1, 2), "by its tail_base;"), ((), "by the middle of the box about its keypoints;")]
)
def test_what_squares_are_about_is_what_the_model_says(tmp_path, anchor, said):
    made = made_report.finish(made_report.config(tmp_path, several=True))
    config = {**made.config, "animals": {**made.config["animals"], "method": "top_down"}}
    path = made.results / places.METADATA.format(network="models", fold=0, seed=0)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_metadata(path, made_report.KEYPOINTS, Layout(False, most=2, side=64, anchor=anchor))
    found = results.read_results(made.results, made.videos, config)
    assert f"A second network found each animal {said}" in methods.methods_paragraph(config, found)
    path.write_text("{")
    found = results.read_results(made.results, made.videos, config)
    assert "A second network found each animal; its keypoints" in methods.methods_paragraph(config, found)


def foreign_paragraph(root, count):
    """The methods of a made experiment of several animals; another tool predicted the first `count` of 3 videos."""
    made = made_report.finish(made_report.config(root, several=True))
    found = results.read_results(made.results, made.videos, made.config)
    return methods.methods_paragraph(made.config, found._replace(predicted=set(list(made.videos)[:count])))


def test_what_another_tool_predicted_is_said_to_be_so(tmp_path):
    said = foreign_paragraph(tmp_path, 1)
    assert "Poses of 1 video (" in said
    assert "were predicted by another tool" in said
    assert "not calibrated where another tool predicted" in said


def test_no_network_is_claimed_for_poses_of_another_tool(tmp_path):
    said = foreign_paragraph(tmp_path, 3)
    for claim in ("estimated with Marey", "found at once", "calibrated confidence"):
        assert claim not in said
    assert "Animals were tracked by these poses." in said
