"""Figure of the frames to label next: a contact sheet that says what is unusual of each."""

from pathlib import Path

from marey.tables import files
from marey.tables.outliers import OUTLIERS
from marey.tables.samples import SAMPLES
from marey.views.plots.plot_sampled import contact_sheet

COLUMNS = ["rank", "video", "frame", "reason", "picked"]


def plot_outliers(outliers_path: str | Path, samples_path: str | Path, out: str | Path) -> None:
    """Draw the images of a table `samples` to `out`, by their ranks in the table `outliers`, with their reasons."""
    ranked = files.read(outliers_path, OUTLIERS, COLUMNS)
    ranked = ranked[ranked["picked"]].drop(columns="picked")
    chosen = ranked.merge(files.read(samples_path, SAMPLES), on=["video", "frame"])
    notes = [f"frame {row.frame}: {row.reason}" for row in chosen.itertuples()]
    contact_sheet(chosen, notes, "picked frame", out, nothing="No frame stands out that is not labelled already.")
