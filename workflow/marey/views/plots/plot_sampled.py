"""Figure of the frames that were sampled for labelling: a contact sheet."""

from pathlib import Path

import pandas as pd

from marey.pictures.encoding import decode
from marey.tables import files
from marey.tables.samples import SAMPLES
from marey.views.plots import style
from marey.views.wording import count

NOTHING_SAMPLED = "Nothing more to sample: every frame looks like one that is labelled, or is damaged."
SAMPLES_PER_ROW, MAX_SHOWN_SAMPLES = 6, 60


def plot_sampled(samples_path: str | Path, out: str | Path) -> None:
    """Draw the images of a table `samples` to `out`; evenly chosen ones where there are more than 60."""
    chosen = files.read(samples_path, SAMPLES)
    notes = [f"frame {row.frame}, {row.time:.1f} s" for row in chosen.itertuples()]
    contact_sheet(chosen, notes, "sampled frame", out, nothing=NOTHING_SAMPLED)


def contact_sheet(chosen: pd.DataFrame, notes: list[str], what: str, out: str | Path, *, nothing: str) -> None:
    """Draw images with their videos and notes; evenly chosen ones where there are more than 60.

    Args:
        chosen: rows of a table `samples`.
        notes: what is written below each.
        what: what they are called in the title.
        out: the figure that is written.
        nothing: what is said where there is no image.
    """
    total, videos = len(chosen), chosen["video"].nunique()
    if not total:
        with style.figure(out, width=9, height=1) as drawn:
            style.show_note(drawn.subplots(), nothing)
        return
    step = max(1, -(-total // MAX_SHOWN_SAMPLES))
    chosen, notes = chosen.iloc[::step], notes[::step]
    rows = max(1, -(-len(chosen) // SAMPLES_PER_ROW))
    title = f"{count(total, what)} of {count(videos, 'video')}"
    if len(chosen) < total:
        title += f" (one in {step} shown)"
    shape = (chosen["height"] / chosen["width"]).median()
    with style.figure(out, width=9, height=(9 / SAMPLES_PER_ROW * shape + 0.05) * rows + 0.5, title=title) as drawn:
        grid = style.image_grid(drawn, len(chosen), columns=SAMPLES_PER_ROW)
        for axes, row, note in zip(grid, chosen.itertuples(), notes, strict=True):
            style.show_image(axes, decode(row.image))
            style.outlined_text(axes, 0.03, 0.95, row.video if len(row.video) < 26 else f"{row.video[:25]}…", va="top")
            style.outlined_text(axes, 0.03, 0.05, note, va="bottom")
