"""Contact sheet of sampled frames."""

import numpy as np
import pandas as pd
import pytest

from marey.pictures.encoding import encode
from marey.tables import files
from marey.tables.samples import SAMPLES
from marey.views.plots.plot_sampled import MAX_SHOWN_SAMPLES, plot_sampled


@pytest.mark.parametrize(("count", "shown"), [(0, 0), (1, 1), (8, 8), (130, 44)])
def test_all_frames_or_an_even_choice(tmp_path, figures, count, shown):
    image = encode(np.zeros((9, 16, 3), np.uint8))
    frame = np.arange(count)
    rows = {"video": "v", "frame": frame, "time": frame / 30, "method": "kmeans", "stratum": 0, "width": 16}
    files.write(tmp_path / "s.parquet", pd.DataFrame({**rows, "height": 9, "image": image}), SAMPLES)
    plot_sampled(tmp_path / "s.parquet", tmp_path / "a.png")
    assert sum(bool(axes.images) for axes in figures[0].axes) == shown <= MAX_SHOWN_SAMPLES
    if not count:
        assert figures[0].axes[0].texts[0].get_text().startswith("Nothing more to sample")
        return
    title = f"{count} sampled frame{'s' * (count != 1)} of 1 video"
    assert figures[0].get_suptitle().removesuffix(" (one in 3 shown)") == title
    assert ("one in 3 shown" in figures[0].get_suptitle()) == (count > MAX_SHOWN_SAMPLES)
