"""Methods text: what it says of the training is what was done."""

import pandas as pd
import pytest

from marey.tables import files
from marey.tables.history import HISTORY
from marey.views import methods, results

from .. import made_report


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
