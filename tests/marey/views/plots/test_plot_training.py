"""Training curves."""

import numpy as np
import pandas as pd
import pytest

from marey.tables import files
from marey.tables.history import HISTORY
from marey.views.plots.plot_training import plot_training


def make_history(steps: int, validation: list[float]) -> pd.DataFrame:
    step = np.arange(1, steps + 1)
    parts = {"heatmap_loss": 0.5 / step, "affinity_loss": 0 / step, "identity_loss": 0 / step}
    table = pd.DataFrame({"step": step, "loss": 1 / step, **parts})
    error = np.full(steps, np.nan)
    error[: len(validation)] = validation
    rest = {"gradient_norm": 1.0, "learning_rate": 2e-3, "validation_error": error, "replay_error": np.nan}
    return table.assign(**rest)


def test_curves_show_the_table(tmp_path, figures):
    files.write(tmp_path / "history.parquet", make_history(100, [9, 5, 3.25]), HISTORY)
    plot_training(tmp_path / "history.parquet", tmp_path / "a.png")
    losses, rate, error = figures[0].axes
    np.testing.assert_allclose(losses.lines[0].get_ydata(), 1 / np.arange(1, 101), rtol=1e-6)
    np.testing.assert_allclose(rate.lines[0].get_ydata(), 2)
    assert "(1e-3)" in rate.get_ylabel()
    np.testing.assert_allclose(error.lines[0].get_ydata(), [9, 5, 3.25])
    assert error.texts[0].get_text() == "3.25 px"


@pytest.mark.parametrize("steps", [0, 1, 10])
def test_short_training_without_validation(tmp_path, figures, steps):
    files.write(tmp_path / "history.parquet", make_history(steps, []), HISTORY)
    plot_training(tmp_path / "history.parquet", tmp_path / "a.png")
    assert figures[0].axes[2].texts[0].get_text() == "no validation frames"


def test_a_bundle_that_was_measured_before_it_was_trained_has_its_error_at_step_0(tmp_path, figures):
    table = make_history(10, [9])
    first = {**dict.fromkeys(table.columns, np.nan), "step": 0, "validation_error": 20.0}
    files.write(tmp_path / "history.parquet", pd.concat([pd.DataFrame([first]), table]), HISTORY)
    plot_training(tmp_path / "history.parquet", tmp_path / "a.png")
    losses, _, error = figures[0].axes
    np.testing.assert_allclose(error.lines[0].get_xydata(), [[0, 20], [1, 9]])
    assert losses.get_yscale() == "log"
