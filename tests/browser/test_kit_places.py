"""Where a click lands: K3, and what must not change it (K16, K17, K18)."""

import io

import numpy as np
import pytest
from PIL import Image

from .kits import DOTS, dotted, make_kit

SPOTS = [(100.5, 50.5), (31.5, 200.5), (250.5, 180.5), (160.0, 120.0)]


@pytest.fixture(scope="module")
def kit(tmp_path_factory):
    dots = dict(zip(DOTS, SPOTS, strict=False))
    return make_kit(tmp_path_factory.mktemp("kit"), [dotted(320, 240, dots)] * 2)


def errors(found: dict, spots=SPOTS, frame=0) -> list[float]:
    placed = [value for key, value in found.items() if key[0] == frame]
    assert len(placed) == len(spots)
    return [max(abs(x - u), abs(y - v)) for (x, y, *_), (u, v) in zip(placed, spots, strict=True)]


@pytest.mark.parametrize(("width", "height", "ratio"), [(1280, 720, 1), (1024, 600, 1.25), (900, 640, 2)])
def test_k3_clicks_on_dots_that_are_seen_land_where_the_dots_are(visit, kit, width, height, ratio):
    seen = visit(kit, width=width, height=height, ratio=ratio)
    for colour in DOTS[: len(SPOTS)]:
        seen.click(colour)
    assert max(errors(seen.points())) < 0.15
    assert not seen.errors


@pytest.mark.parametrize("zoom", [0.5, 1, 3, 16])
def test_k3_at_every_zoom(visit, kit, zoom):
    seen = visit(kit)
    box = seen.box()
    whole = min(box["width"] / 320, box["height"] / 240)
    for colour in DOTS[: len(SPOTS)]:
        seen.press("0")
        seen.zoom(seen.find(colour), zoom / whole)
        seen.click(colour)
    assert max(errors(seen.points())) < 0.15


@pytest.mark.parametrize("ratio", [0.8, 1.5])
def test_k3_at_the_browsers_zoom(visit, kit, ratio):
    """At 80 and 150 % a page has another ratio of px, and another size in its own."""
    seen = visit(kit, width=round(1280 / ratio), height=round(720 / ratio), ratio=ratio)
    for colour in DOTS[: len(SPOTS)]:
        seen.click(colour)
    assert max(errors(seen.points())) < 0.15


def test_k3_after_a_resize_and_another_screen(visit, kit):
    seen = visit(kit)
    seen.click(DOTS[0])
    seen.zoom(seen.find(DOTS[1]), 2.7)
    seen.page.set_viewport_size({"width": 1013, "height": 611})
    seen.page.wait_for_timeout(100)
    seen.click(DOTS[1])
    seen.press("0")
    for colour in DOTS[2 : len(SPOTS)]:
        seen.click(colour)
    assert max(errors(seen.points())) < 0.15
    session = seen.page.context.new_cdp_session(seen.page)
    metrics = {"width": 1013, "height": 611, "deviceScaleFactor": 1.75, "mobile": False}
    session.send("Emulation.setDeviceMetricsOverride", metrics)
    seen.page.mouse.move(300, 300)
    seen.page.wait_for_function("image => image.width > 1.7 * 700", arg=seen.page.query_selector("#image"))


def test_the_zoom_is_kept_from_frame_to_frame(visit, kit):
    seen = visit(kit)
    seen.zoom(seen.find(DOTS[0]), 5)
    before = seen.find(DOTS[0])
    seen.press("KeyD")
    assert seen.find(DOTS[0]) == before


@pytest.mark.parametrize("how", ["right", "middle", "space"])
def test_the_view_is_moved_by_a_drag_that_sets_no_point(visit, kit, how):
    seen = visit(kit)
    seen.zoom(seen.find(DOTS[3]), 3)
    x, y = seen.find(DOTS[3])
    seen.page.mouse.move(x, y)
    if how == "space":
        seen.page.keyboard.down("Space")
    seen.page.mouse.down(button="left" if how == "space" else how)
    seen.page.mouse.move(x + 60, y - 45, steps=4)
    seen.page.mouse.up(button="left" if how == "space" else how)
    if how == "space":
        seen.page.keyboard.up("Space")
    assert seen.find(DOTS[3]) == pytest.approx((x + 60, y - 45), abs=1)
    assert seen.control("jump").input_value() == "1"
    assert seen.points() == {}
    seen.click(DOTS[3])
    assert max(errors(seen.points(), SPOTS[3:])) < 0.15


def test_a_point_is_moved_by_a_drag(visit, kit):
    seen = visit(kit)
    seen.place((60, 60))
    x, y = seen.at(60, 60)
    seen.page.mouse.move(x + 2, y + 1)
    seen.page.mouse.down()
    seen.page.mouse.move(x + 42, y + 21, steps=3)
    seen.page.mouse.up()
    ((px, py, *_),) = seen.points().values()
    factor = seen.at(61, 60)[0] - x
    assert (px, py) == pytest.approx((60 + 40 / factor, 60 + 20 / factor), abs=0.01)


def touch(session, kind: str, *points: tuple[float, float]) -> None:
    session.send(
        "Input.dispatchTouchEvent",
        {"type": kind, "touchPoints": [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]},
    )


def test_k16_a_finger_sets_a_point_and_two_move_and_zoom(visit, kit):
    seen = visit(kit, has_touch=True)
    x, y = seen.find(DOTS[0])
    seen.page.touchscreen.tap(x, y)
    assert len(seen.points()) == 1  # no double point
    session = seen.page.context.new_cdp_session(seen.page)
    x, y = seen.find(DOTS[3])
    touch(session, "touchStart", (x - 30, y))
    touch(session, "touchStart", (x - 30, y), (x + 30, y))
    for step in range(1, 7):
        touch(session, "touchMove", (x - 30 - 10 * step, y + 3 * step), (x + 30 + 10 * step, y + 3 * step))
    touch(session, "touchEnd", (x - 90, y + 18))
    touch(session, "touchEnd")
    assert seen.find(DOTS[3]) == pytest.approx((x, y + 18), abs=3)
    assert len(seen.points()) == 1
    seen.page.touchscreen.tap(*seen.find(DOTS[3]))
    assert max(errors(seen.points(), [SPOTS[0], SPOTS[3]])) < 0.5


def test_k17_frames_of_every_kind_in_one_kit(visit, tmp_path):
    spot = (60.5, 40.5)
    deep = np.full((120, 160), 20_000, np.uint16)
    deep[36:45, 56:65] = 65_535
    encoded = []
    for image in (
        deep,
        dotted(120, 160, {(255, 255, 255): spot}, radius=4)[..., 0],
        dotted(90, 300, {(255, 255, 255): spot}, radius=4),
        dotted(1200, 1200, {(255, 255, 255): (600.5, 400.5)}, radius=40),
    ):
        buffer = io.BytesIO()
        Image.fromarray(image).save(buffer, format="PNG")
        encoded.append(buffer.getvalue())
    seen = visit(make_kit(tmp_path, [], encoded=encoded, keypoints=["dot"]))
    for number in range(4):
        seen.click((255, 255, 255))
        seen.press("KeyD")
        ((x, y, *_),) = (value for key, value in seen.points().items() if key[0] == 10 * number)
        assert (x, y) == pytest.approx(spot if number < 3 else (600.5, 400.5), abs=0.5)


def test_k17_a_pose_that_is_copied_to_a_smaller_frame_warns(visit, tmp_path):
    seen = visit(make_kit(tmp_path, [dotted(300, 200, {}), dotted(100, 80, {})]))
    seen.place((50, 50), (250, 50), (60, 60), (70, 190))
    seen.press("KeyD", "KeyC")
    assert "2 lie outside of this smaller frame (100 \u00d7 80)" in seen.text("message")
    assert {key[2] for key in seen.points() if key[0] == 10} == {"snout", "right_ear"}


def test_k18_brightness_and_contrast_change_what_is_seen_and_no_position(visit, tmp_path):
    kit = make_kit(tmp_path, [dotted(160, 120, {(255, 255, 255): (80.5, 60.5)}, grey=90)])
    seen = visit(kit)
    grey = seen.see()[400, 300]
    seen.control("brightness").fill("0.5")
    assert (seen.see()[400, 300] < grey).all()
    seen.control("contrast").fill("1.5")
    box = seen.box()
    light = seen.see()[int(box["top"]) : int(box["bottom"]), int(box["left"]) : int(box["right"])].max(axis=2) > 80
    y, x = (places.mean() + 0.5 for places in np.nonzero(light))
    seen.page.mouse.click(box["left"] + x, box["top"] + y)
    assert seen.points()[0, "animal1", "snout"][:2] == pytest.approx((80.5, 60.5), abs=0.3)


def overlaps(boxes: list[tuple[str, dict]]) -> list[tuple[str, str]]:
    def apart(a: dict, b: dict) -> bool:
        return a["right"] <= b["left"] or b["right"] <= a["left"] or a["bottom"] <= b["top"] or b["bottom"] <= a["top"]

    shown = [(name, box) for name, box in boxes if box["width"] and box["height"]]
    return [(n, m) for i, (n, a) in enumerate(shown) for m, b in shown[i + 1 :] if not apart(a, b)]


@pytest.mark.parametrize(("width", "height"), [(1024, 600), (1280, 720), (1920, 1080)])
@pytest.mark.parametrize(("count", "animals"), [(1, 1), (8, 4), (32, 4)])
def test_k19_nothing_overlaps_or_is_cut_off(visit, tmp_path, width, height, count, animals):
    names = [f"{side}_hind_leg_joint_{number}" for number in range(count) for side in ("left", "right")][:count]
    kit = make_kit(tmp_path, [dotted(320, 240, {})], keypoints=names, animals={"number": animals})
    seen = visit(kit, width=width, height=height)
    seen.place((50, 50))
    boxes = seen.page.evaluate(
        """() => [...document.querySelectorAll('[data-kit], canvas#image')]
            .map(e => [e.dataset.kit + ' ' + (e.dataset.name ?? ''), e.getBoundingClientRect().toJSON()])"""
    )
    assert len(boxes) > 25 + count
    assert not overlaps(boxes)
    assert all(box["right"] <= width and box["bottom"] <= height for _, box in boxes)


def test_k19_names_that_are_long_show_their_ends_and_the_help_is_seen_whole(visit, tmp_path):
    names = [f"{side}_hind_leg_joint_{number}" for number in range(16) for side in ("left", "right")]
    kit = make_kit(tmp_path, [dotted(320, 240, {})], keypoints=names, animals={"number": 4})
    seen = visit(kit, width=1024, height=600)
    rows = seen.page.evaluate(
        """() => [...document.querySelectorAll('[data-kit=keypoint]')].map(row => {
            const [letter, name] = row.querySelectorAll('b, span'), box = name.getBoundingClientRect();
            const end = document.createRange(), last = name.lastChild.firstChild;
            end.setStart(last, last.length - 2);
            end.setEnd(last, last.length);
            const shown = end.getBoundingClientRect(), word = document.createRange();
            word.selectNodeContents(letter);
            return [name.textContent, shown.right <= box.right && shown.left >= box.left,
                word.getBoundingClientRect().right < box.left];
        })"""
    )
    assert rows == [[name, True, True] for name in names]
    seen.press("KeyH")
    assert seen.page.evaluate(
        "() => { const all = document.querySelector('#help'); return all.scrollHeight <= all.clientHeight }"
    )
