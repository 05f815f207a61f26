"""What is drawn on images, against made points."""

import numpy as np
import pytest
from PIL import Image, ImageColor, ImageFont

from marey.experiment.skeletons import Skeleton
from marey.views import drawing
from marey.views.colors import keypoint_colors

SKELETON = Skeleton(("nose", "tail"), ((0, 1),))


def test_draw_is_exact_and_in_the_keypoints_colour():
    picture = Image.new("RGB", (100, 80))
    points = np.array([[[[30.25, 40.75], [np.nan, np.nan]]]])  # centre of a pixel of the larger overlay
    drawn = np.asarray(drawing.draw_poses(picture, points, np.array([[[1.0, np.nan]]]), skeleton=SKELETON)).astype(int)
    weight = drawn.sum(axis=2)
    middle = [(weight * (axis + 0.5)).sum() / weight.sum() for axis in np.indices(weight.shape)]
    assert middle == pytest.approx([40.75, 30.25], abs=0.02)
    np.testing.assert_array_equal(drawn[40, 30], ImageColor.getrgb(keypoint_colors(2)[0]))


def test_confidence_is_opacity():
    picture = Image.new("RGB", (100, 80))
    points = np.array([[[[30.5, 40.5], [np.nan, np.nan]]]])
    full, half = (
        np.asarray(drawing.draw_poses(picture, points, np.array([[[c, np.nan]]]), skeleton=SKELETON))[40, 30].astype(
            int
        )
        for c in (1.0, 0.5)
    )
    np.testing.assert_allclose(half, full / 2, atol=1.5)


def test_trails_follow_the_past_and_end_at_gaps():
    picture = Image.new("RGB", (200, 60))
    x = np.arange(10, 190, 10.0)
    points = np.full((len(x), 1, 2, 2), np.nan)
    points[:, 0, 0] = np.stack([x, np.full(len(x), 30)], axis=1)
    points[5:8, 0, 0] = np.nan  # x from 60 to 80
    drawn = np.asarray(drawing.draw_poses(picture, points, np.ones((len(x), 1, 2)), skeleton=SKELETON)).max(axis=2)[30]
    assert (drawn[12:48] > 0).all()
    assert (drawn[52:88] == 0).all()
    assert drawn[150] > drawn[100] > drawn[20]  # older is fainter


def painted(picture: Image.Image, color: str) -> np.ndarray:
    """Where an image is exactly of a colour, bool[height, width]."""
    return (np.asarray(picture) == ImageColor.getrgb(color)).all(axis=2)


def box(where: np.ndarray) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the True part."""
    rows, columns = np.nonzero(where)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


def test_each_animal_in_its_own_colour():
    points = np.array([[[[20, 20], [40, 20]], [[20, 60], [40, 60]]]], float)
    colors = ["#ff0000", "#0000ff"]
    drawn = drawing.draw_poses(Image.new("RGB", (60, 80)), points, np.ones((1, 2, 2)), skeleton=SKELETON, colors=colors)
    first, second = (painted(drawn, color) for color in colors)
    assert first[:40].any()
    assert not first[40:].any()
    assert second[40:].any()
    assert not second[:40].any()


def test_names_stand_above_their_animals_and_not_on_each_other():
    picture = Image.new("RGB", (200, 150))
    points = np.array([[[90, 80], [110, 90]], [[91, 82], [111, 92]]], float)
    colors = {"animal1": "#ff0000", "animal2": "#0000ff"}
    drawing.draw_names(picture, points, colors)
    one, two = (box(painted(picture, color)) for color in colors.values())
    assert one[3] <= 80
    assert (one[0] + one[2]) / 2 == pytest.approx(100, abs=2)
    assert two[3] <= one[1] + 1 or one[3] <= two[1] + 1


def test_names_keep_off_other_animals():
    picture = Image.new("RGB", (200, 150))
    own, other = [[90, 80], [100, 80], [110, 80]], [[90, 66], [100, 66], [110, 66]]  # where the name would be by itself
    drawing.draw_names(picture, np.array([own, other], float), {"animal1": "#ff0000", "unique": "#0000ff"})
    assert box(painted(picture, "#ff0000"))[1] > 80


@pytest.mark.parametrize("place", [(1, 1), (199, 1), (1, 149), (199, 149)])
def test_names_stay_in_the_picture(place):
    picture = Image.new("RGB", (200, 150))
    drawing.draw_names(picture, np.array([[place, place]], float), {"animal1": "#ff0000"})
    left, top, right, bottom = box(painted(picture, "#ff0000"))
    wide, high = drawing.name_tag_size("animal1", ImageFont.load_default(10))
    assert (right - left, bottom - top) == pytest.approx((wide, high), abs=2)


@pytest.mark.parametrize(
    ("name", "points"), [("unique", [[50, 50]]), ("animal1", [[np.nan, np.nan]]), ("animal1", [[-30, 50]])]
)
def test_objects_and_who_is_not_in_the_picture_get_no_name(name, points):
    picture = Image.new("RGB", (200, 150))
    drawing.draw_names(picture, np.array([points], float), {name: "#ff0000"})
    assert not np.asarray(picture).any()


def test_captions_end_before_they_leave_the_picture():
    picture = Image.new("RGB", (120, 100))
    drawing.draw_caption(
        picture, [("frame 1", "white"), ("one", "#ff0000"), ("a name that is too long", "#0000ff")], chips=True
    )
    assert painted(picture, "#ff0000").sum() > 100
    assert not painted(picture, "#0000ff").any()
