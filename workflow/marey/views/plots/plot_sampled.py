"""Figure of the frames that were sampled for labelling: a contact sheet."""

from pathlib import Path

from marey.pictures.encoding import decode
from marey.tables import files
from marey.tables.samples import SAMPLES
from marey.views.plots import style
from marey.views.wording import count

SAMPLES_PER_ROW, MAX_SHOWN_SAMPLES = 6, 60


def plot_sampled(samples_path: str | Path, out: str | Path) -> None:
    """Draw the images of a table `samples` to `out`; evenly chosen ones where there are more than 60."""
    chosen = files.read(samples_path, SAMPLES)
    total, videos = len(chosen), chosen["video"].nunique()
    chosen = chosen.iloc[:: max(1, -(-total // MAX_SHOWN_SAMPLES))]
    rows = max(1, -(-len(chosen) // SAMPLES_PER_ROW))
    title = f"{count(total, 'sampled frame')} of {count(videos, 'video')}"
    if len(chosen) < total:
        title += f" (one in {-(-total // MAX_SHOWN_SAMPLES)} shown)"
    shape = (chosen["height"] / chosen["width"]).median() if total else 0.75
    with style.figure(out, width=9, height=(9 / SAMPLES_PER_ROW * shape + 0.05) * rows + 0.5, title=title) as drawn:
        if not total:
            style.show_note(drawn.subplots(), "no frames")
            return
        for axes, row in zip(
            style.image_grid(drawn, len(chosen), columns=SAMPLES_PER_ROW), chosen.itertuples(), strict=True
        ):
            style.show_image(axes, decode(row.image))
            style.outlined_text(axes, 0.03, 0.95, row.video if len(row.video) < 26 else f"{row.video[:25]}…", va="top")
            style.outlined_text(axes, 0.03, 0.05, f"frame {row.frame}, {row.time:.1f} s", va="bottom")
