import numpy as np
import pandas as pd
import pytest
from PIL import Image

from marey.labels.image_checks import image_sizes, inside_images, one_image_per_frame, readable_images

COLUMNS = ["video", "frame", "individual", "keypoint", "x", "y", "image", "source", "row"]


def points(*rows: tuple) -> pd.DataFrame:
    """Make points of one keypoint: (frame, x, y, image)."""
    full = [("v", frame, "m", "nose", x, y, image, "a.csv", row) for row, (frame, x, y, image) in enumerate(rows, 2)]
    return pd.DataFrame(full, columns=COLUMNS)


def test_what_is_wrong_with_an_image_is_said_of_each_row(tmp_path):
    Image.fromarray(np.arange(200, dtype=np.uint8).reshape(10, 20)).save(tmp_path / "a.png")
    Image.new("L", (20, 10), 7).save(tmp_path / "one.png")
    (tmp_path / "text.png").write_text("text")
    given = points(*((n, 5, 5, name) for n, name in enumerate(("a.png", "one.png", "text.png", "none.png", ""), 1)))
    sizes = image_sizes(given["image"], tmp_path, {})
    assert sizes["a.png"] == (20, 10)
    left, faults = readable_images(given, sizes)
    assert left["frame"].tolist() == [1, 5]
    assert [(fault.row, fault.reason) for fault in faults] == [(row, "missing_image") for row in (3, 4, 5)]
    assert "shows one single value, 7" in faults[0].detail
    assert "none.png is missing" in faults[2].detail


@pytest.mark.parametrize(("x", "y", "there"), [(0, 0, True), (20, 10, True), (20.1, 5, False), (5, -0.1, False)])
def test_edges_are_inside(x, y, there):
    given = points((1, x, y, "a.png"), (2, x, y, ""))
    left, faults = inside_images(given, {"a.png": (20, 10)}, {"v": (20, 10, 5)})
    assert (len(left), len(faults)) == ((2, 0) if there else (0, 2))


def test_a_frame_has_the_image_of_its_first_row():
    left, faults = one_image_per_frame(points((1, 5, 5, "a.png"), (1, 6, 6, "b.png"), (2, 6, 6, "")))
    assert left["image"].tolist() == ["a.png", ""]
    assert "is b.png, but was a.png before" in faults[0].detail
