"""Images of labelled frames, cut to what is to be seen."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from marey.pictures.encoding import decode
from marey.tables import files
from marey.tables.dataset import DATASET

AXES_MARGIN = 0.25  # of the size of what is to be seen, around it


def labelled_images(path: str | Path, keys: pd.Index) -> dict[tuple[str, int], np.ndarray]:
    """Read the images of the frames `keys` (video, frame) from a table `dataset`, u8[height, width, 3].

    Raises TableError where a frame is missing.
    """
    wanted, found = set(keys), {}
    for batch in files.open_table(path, DATASET).iter_batches(batch_size=64, columns=["video", "frame", "image"]):
        for row in batch.to_pylist():
            key = (row["video"], row["frame"])
            if key in wanted:
                found[key] = decode(row["image"])
    missing = sorted(wanted - set(found))
    if missing:
        video, frame = missing[0]
        raise files.TableError(f"{path}: frame {frame} of video '{video}' is missing. Run `pack_dataset` again.")
    return found


def crop_axes(axes: Axes, places: np.ndarray, image: np.ndarray, *, least: float = 24) -> None:
    """Limit `axes` to a square about places of an image, moved into the image where it fits.

    Args:
        axes: the plot, which shows the image (see `style.show_image`).
        places: f64[n, 2], (x, y) px; NaN = nowhere.
        image: [height, width, ...].
        least: smallest distance from the middle of the square to its sides, px.
    """
    places = places[np.isfinite(places).all(axis=1)]
    low, high = places.min(axis=0), places.max(axis=0)
    middle, reach = (low + high) / 2, max((high - low).max() * (0.5 + AXES_MARGIN), least)
    size = np.array(image.shape[1::-1])
    # Moved into the image where it fits, so that most crops are whole squares.
    middle = np.where(size > 2 * reach, np.clip(middle, reach, np.maximum(size - reach, reach)), middle)
    axes.set(xlim=(middle[0] - reach, middle[0] + reach), ylim=(middle[1] + reach, middle[1] - reach))
