"""A person's work in the kit: keys, undo, animals, predictions, and what the browser keeps of it (K1, K4 to K14)."""

import contextlib
import copy
import json
import os
import random
import re
import signal
from pathlib import Path

import pytest

from .conftest import CHROMIUM
from .kits import FLAGS, KEYPOINTS, Visit, by_key, dotted, make_kit

WIDTH, HEIGHT = 320, 240
FRAMES = 6


@pytest.fixture(scope="module")
def images():
    return [dotted(WIDTH, HEIGHT, {(200, 180, 160): (40 + 30 * number, 60)}) for number in range(FRAMES)]


@pytest.fixture(scope="module")
def kit(tmp_path_factory, images):
    return make_kit(tmp_path_factory.mktemp("kit"), images)


def guesses():
    """Predictions of one animal in each frame: snout at (50, 60), and so on to the right."""
    return [
        ("v", 10 * frame, "mouse", name, 50 + 60 * number, 60 + frame, 0.9 - 0.1 * number)
        for frame in range(FRAMES)
        for number, name in enumerate(KEYPOINTS)
    ]


@pytest.fixture(scope="module")
def guessed(tmp_path_factory, images):
    return make_kit(tmp_path_factory.mktemp("kit"), images, predicted=guesses())


@pytest.fixture(scope="module")
def herd(tmp_path_factory, images):
    return make_kit(tmp_path_factory.mktemp("kit"), images, animals={"number": 3})


def test_k1_one_file_that_asks_for_nothing(visit, kit):
    seen = visit(kit, offline=True)
    seen.place((10, 10), (20, 20))
    seen.press("KeyD", "KeyH")
    assert len(seen.points()) == 2
    assert seen.requests
    assert {url.split(":")[0] for url in seen.requests} <= {"file", "data", "blob"}
    assert [url for url in seen.requests if url.startswith("file")] == [kit.as_uri()]
    assert not seen.errors


def test_k4_a_click_a_keypoint_and_a_key_a_frame(visit, tmp_path):
    names = [f"point{number}" for number in range(8)]
    kit = make_kit(tmp_path, [dotted(64, 48, {}, grey=60 + number) for number in range(20)], keypoints=names)
    seen = visit(kit)
    spots = [seen.at(6 + 7 * number, 20) for number in range(8)]
    for _ in range(20):
        for spot in spots:
            seen.page.mouse.click(*spot)
        seen.press("KeyD")
    found = seen.points()
    assert len(found) == 160
    assert [round(found[190, "animal1", name][0]) for name in names] == [6 + 7 * number for number in range(8)]
    assert seen.text("progress").startswith("20 of 20 frames done")


DO = """steps => {
    const send = (target, event) => target.dispatchEvent(event), image = document.querySelector('#image');
    for (const step of steps) {
        if (typeof step === 'string') {
            const [shift, code] = step.startsWith('Shift+') ? [true, step.slice(6)] : [false, step];
            send(window, new KeyboardEvent('keydown', {code, key: code, shiftKey: shift, bubbles: true}));
        } else {
            const place = {clientX: step[0], clientY: step[1], button: 0, buttons: 1, pointerId: 1, bubbles: true};
            for (const kind of ['pointerdown', 'pointerup']) send(image, new PointerEvent(kind, place));
        }
    }
}"""  # keys and clicks without the way through the browser, where there are hundreds


def listed_keys(seen: Visit) -> list[str]:
    seen.press("KeyH")
    keys = seen.page.locator("#keys kbd").evaluate_all("caps => caps.map(cap => cap.dataset.code)")
    seen.press("KeyH")
    return keys


def as_pressed(key: str) -> str:
    return re.sub(r"Ctrl\+", "Control+", key)


def test_k5_each_key_that_the_help_lists_does_something(visit, images, tmp_path):
    """Each in a state in which it can: what is on the screen, or what would be exported, is another thing after it."""
    seen = visit(make_kit(tmp_path, images, predicted=guesses(), animals={"number": 2}))
    keys = listed_keys(seen)
    assert len(keys) > 35
    # one animal, two points, the second frame; a step was undone; the name is known
    look = """() => [document.querySelector('#image').toDataURL().length, document.querySelector('#marks').toDataURL(),
        document.querySelector('aside').innerHTML, document.querySelector('.prompt').innerHTML,
        document.querySelector('#help').hidden, document.activeElement.dataset.kit ?? '',
        document.querySelector('[data-kit=jump]').value, document.querySelector('[data-kit=progress]').textContent]"""
    settle = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    spots = [seen.at(*place) for place in ((100, 100), (150, 100), (200, 200))]
    for key in keys:
        seen.page.evaluate("() => document.activeElement.blur()")
        seen.page.evaluate(DO, ["KeyZ"] * 20)
        seen.control("jump").fill("2")
        seen.press("Enter")
        seen.page.evaluate(DO, ["KeyA", *spots, "KeyD", *spots[:2], "KeyN", "KeyZ", "Digit0", "Equal"])
        seen.page.evaluate(settle)
        before = seen.page.evaluate(look)
        if key == "Ctrl+s":
            with seen.page.expect_download():
                seen.press(as_pressed(key))
            continue
        seen.press(as_pressed(key))
        seen.page.evaluate(settle)
        changed = seen.page.evaluate(look) != before
        assert changed, f"{key} does nothing"
        if key in ("KeyH", "F1"):
            seen.press("Escape")
    assert not seen.errors


def test_k5_keys_are_places_on_the_keyboard_not_letters(visit, kit):
    seen = visit(kit)
    seen.place((10, 10), (20, 20))
    # Z of an English keyboard is Y on a German one, A is Q on a French one
    seen.page.evaluate("dispatchEvent(new KeyboardEvent('keydown', {code: 'KeyZ', key: 'y', bubbles: true}))")
    assert len(seen.points()) == 1
    seen.press("KeyD")
    seen.page.evaluate("dispatchEvent(new KeyboardEvent('keydown', {code: 'KeyA', key: 'q', bubbles: true}))")
    assert seen.control("jump").input_value() == "1"


def test_k5_no_key_acts_while_typing(visit, kit):
    seen = visit(kit)
    seen.place((10, 10), (20, 20))
    seen.control("annotator").click()
    seen.page.keyboard.type("xzdasq cwN bg")
    seen.press("Delete", "ArrowLeft", "Space")
    found = seen.export()
    assert found["annotator"] == "xzdasq cwN b g"
    assert len(found["points"]) == 2
    assert seen.control("jump").input_value() == "1"


def test_k5_one_hand_reaches_all_that_labelling_needs(visit, kit):
    left = {f"Key{letter}" for letter in "QWERTASDFGZXCVB"} | {"Space", "Digit1"}
    seen = visit(kit)
    seen.press("KeyH")
    lines = seen.page.locator("#keys div").evaluate_all(
        "lines => lines.map(l => [l.lastChild.textContent, [...l.querySelectorAll('kbd')].map(k => k.dataset.code)])"
    )
    far = {does for does, keys in lines if not any(key.removeprefix("Shift+") in left for key in keys)}
    rare = "1 px|10 px|zoom|whole|letters|colours|export|these keys|number|add"
    assert not {does for does in far if not re.search(rare, does)}


def test_flags_of_points(visit, kit):
    seen = visit(kit)
    seen.press("KeyW")
    seen.place((10, 10))
    seen.press("KeyS")
    seen.place((30, 30))
    seen.page.keyboard.down("Shift")
    seen.place((40, 40))
    seen.page.keyboard.up("Shift")
    assert {key[2]: value[2] for key, value in seen.points().items()} == {
        "snout": "occluded",
        "left_ear": "absent",
        "right_ear": "visible",
        "tail": "occluded",
    }
    assert seen.points()[0, "animal1", "left_ear"][:2] == (None, None)
    seen.press("KeyQ", "KeyW")  # back to the last, which is visible then
    assert seen.points()[0, "animal1", "tail"][2] == "visible"


def test_nudges_and_deletes_the_point_that_was_set_last(visit, kit):
    seen = visit(kit)
    seen.place((10, 10), (100, 100))
    before = seen.points()[0, "animal1", "left_ear"]
    seen.press("ArrowRight", "ArrowUp", "Shift+ArrowDown")
    after = seen.points()[0, "animal1", "left_ear"]
    assert [round(b - a, 3) for a, b in zip(before[:2], after[:2], strict=True)] == [1, 9]
    seen.press("KeyX")
    found = seen.export()
    assert [point["keypoint"] for point in found["points"]] == ["snout"]
    assert [point["keypoint"] for point in found["deleted"]] == ["left_ear"]
    seen.place((50, 50))  # it is to be set again
    assert seen.points()[0, "animal1", "left_ear"][2] == "visible"


def test_k6_undo_and_redo_over_many_steps_and_frames(visit, herd):
    seen, rng = visit(herd), random.Random(1)
    empty = seen.points()
    keys = ["KeyX", "KeyS", "KeyC", "KeyB", "KeyT", "ArrowLeft", "KeyN", "Shift+KeyX", "KeyW", "KeyE", "KeyR", "KeyD"]
    (left, top), (right, bottom), doing = seen.at(5, 5), seen.at(315, 235), []
    for _ in range(220):
        doing.append((left + rng.random() * (right - left), top + rng.random() * (bottom - top)))
        doing += [rng.choice(keys)] if rng.random() < 0.7 else []
        doing += ["KeyA", "KeyA"] if rng.random() < 0.05 else []
    seen.page.evaluate(DO, doing)
    end = seen.export()
    steps = 0
    while seen.control("undo").is_enabled():
        seen.page.evaluate(DO, ["KeyZ"] * 10)
        steps += 10
    assert steps > 200
    start = seen.export()
    assert by_key(start) == empty == {}
    assert start["deleted"] == []
    assert not any(frame["skipped"] or frame["without"] for frame in start["frames"])
    seen.page.evaluate(DO, ["Shift+KeyZ"] * steps)
    again = seen.export()
    for key in ("points", "deleted", "frames"):
        assert again[key] == end[key]
    assert not seen.errors


def test_k6_copying_a_pose_is_one_step_that_keeps_flags(visit, kit):
    seen = visit(kit)
    seen.press("KeyW")
    seen.place((10, 10), (20, 20), (30, 30))
    seen.press("KeyS", "KeyD", "KeyC")
    found = seen.points()
    for name in KEYPOINTS:
        assert found[10, "animal1", name][:3] == found[0, "animal1", name][:3]
        assert found[10, "animal1", name][3] == "copied"
    seen.press("KeyZ")
    assert {key[0] for key in seen.points()} == {0}


# ---- what the browser keeps ----


def started(playwright, profile: Path):
    return playwright.chromium.launch_persistent_context(
        profile, executable_path=CHROMIUM, args=FLAGS, viewport={"width": 1000, "height": 600}
    )


def kill(profile: Path) -> None:
    """End the test's own browser as a power cut would: it is the one with this profile."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if f"--user-data-dir={profile}".encode() in words:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(process.name), signal.SIGKILL)


def test_k7_reload_closed_tab_and_a_killed_browser_lose_no_more_than_the_last_edit(playwright, kit, tmp_path):
    profile = tmp_path / "profile"
    context = started(playwright, profile)
    seen = Visit(context.new_page(), kit)
    seen.control("annotator").fill("Ann")
    seen.place((10, 10), (20, 20), (30, 30))
    seen.page.wait_for_timeout(100)
    seen.page.reload()
    seen.wait_for("Restored 3 points from")
    assert seen.control("annotator").input_value() == "Ann"
    seen.page.close()
    seen = Visit(context.new_page(), kit)
    seen.wait_for("Restored 3")
    seen.place((40, 40))
    seen.press("KeyD")
    seen.place((50, 50), (60, 60))
    seen.page.wait_for_timeout(30)
    kill(profile)
    context = started(playwright, profile)
    seen = Visit(context.new_page(), kit)
    seen.wait_for("Restored")
    found = seen.export()
    assert len(found["points"]) in (5, 6)
    assert found["annotator"] == "Ann"
    assert f"Restored {len(found['points'])} points" not in seen.text("message")  # the export says what it did
    context.close()


BROKEN = {
    "forbidden": "Object.defineProperty(window, 'indexedDB', {get() { throw new DOMException('no'); }})",
    "silent": "indexedDB.open = () => ({})",
    "full": "IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError'); }",
}


@pytest.mark.parametrize("fault", BROKEN)
def test_k8_storage_that_fails_is_said_and_labelling_goes_on(chromium, visit, kit, fault):
    context = chromium.new_context(viewport={"width": 1280, "height": 720})
    context.add_init_script(BROKEN[fault])
    seen = visit(kit, context=context)
    seen.place((10, 10))
    seen.control("save").wait_for(state="visible", timeout=1500)
    assert "NOT kept" in seen.text("message")
    seen.place((20, 20), (30, 30))
    with seen.page.expect_download() as caught:
        seen.control("save").click()
    assert len(json.loads(Path(caught.value.path()).read_text())["points"]) == 3
    context.close()


def test_k8_what_could_not_be_written_is_written_as_soon_as_it_can_be(visit, kit):
    seen = visit(kit)
    seen.page.evaluate("""() => {
        window.put = IDBObjectStore.prototype.put;
        IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError'); };
    }""")
    seen.place((10, 10), (20, 20))
    seen.control("save").wait_for(state="visible")
    seen.page.evaluate("() => { IDBObjectStore.prototype.put = window.put; }")
    seen.place((30, 30))
    seen.control("save").wait_for(state="hidden")
    seen.page.wait_for_timeout(50)
    seen.page.reload()
    seen.wait_for("Restored 3")


def test_k9_kits_do_not_mix_and_a_second_tab_is_warned(visit, kit, images, tmp_path):
    seen = visit(kit)
    other = visit(make_kit(tmp_path, images[::-1]), context=seen.page.context)
    seen.place((10, 10))
    other.place((99, 99), (88, 88))
    other.page.wait_for_timeout(50)
    assert "another tab" not in seen.text("message") + other.text("message")
    second = visit(kit, context=seen.page.context)
    second.wait_for("another tab")
    seen.wait_for("another tab")
    second.place((20, 20))
    seen.page.wait_for_timeout(50)
    assert len(second.points()) == len(seen.points()) == 2  # nor do two tabs of one
    assert len(other.points()) == 2
    second.page.close()
    seen.wait_for("another tab", there=False)


def test_work_of_an_earlier_kit_that_was_not_exported_is_said(visit, kit, images, tmp_path):
    seen = visit(kit)
    seen.place((10, 10))
    seen.page.wait_for_timeout(50)
    later = visit(make_kit(tmp_path, images[1:]), context=seen.page.context)
    later.wait_for(f"has points that were not exported: {kit}")
    seen.export()
    seen.page.wait_for_timeout(50)
    later.page.reload()
    later.wait_for("Click: set the point")


def test_another_name_on_the_same_points_warns(visit, kit):
    seen = visit(kit)
    seen.control("annotator").fill("Ann")
    seen.press("Enter")
    seen.place((10, 10))
    seen.control("annotator").fill("Ben")
    seen.press("Enter")
    seen.wait_for("The 1 points here now count as those of Ben")


def test_a_kit_without_frames_says_so(visit, tmp_path):
    seen = visit(make_kit(tmp_path, []))
    seen.wait_for("There are no frames to label")
    assert not seen.errors


def test_k10_closing_with_edits_that_were_not_exported_warns(visit, kit):
    seen, asked = visit(kit), []
    seen.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    seen.place((10, 10))
    seen.page.close(run_before_unload=True)
    seen.page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    seen.export()
    seen.page.close(run_before_unload=True)
    assert asked == ["beforeunload"]


# ---- files ----


def import_text(seen: Visit, text: str) -> str:
    seen.control("import").set_input_files({"name": "x.json", "mimeType": "application/json", "buffer": text.encode()})
    seen.wait_for("x.json")
    return seen.text("message")


def test_k11_a_kit_that_is_opened_again_with_its_export_goes_on(visit, kit):
    seen = visit(kit)
    seen.control("annotator").fill("Ann")
    seen.place((10, 10), (20, 20), (30, 30), (40, 40))
    seen.press("KeyB", "KeyD", "KeyS")
    made = seen.export()
    fresh = visit(kit)
    assert "Opened x.json: 5 points" in import_text(fresh, json.dumps(made))
    again = fresh.export()
    assert {**again, "exported": 0} == {**made, "exported": 0}
    assert fresh.text("progress").startswith("1 of 6 frames done")
    fresh.press("KeyZ")
    assert fresh.points() == {}  # one step


REFUSED = [
    (lambda made: made.update(kit="f" * 16), "kit: expected"),
    (lambda made: made["frames"][1].update(sha256="0" * 64), r"frames[1].sha256: expected"),
    (lambda made: made["points"][1].update(x="here"), 'points[1].x: expected a number from 0 to 320, found "here"'),
    (lambda made: made["points"][1].update(x=321), "points[1].x: expected a number from 0 to 320, found 321"),
    (lambda made: made["points"][1].update(keypoint="toe"), "points[1].keypoint: expected one of"),
    (lambda made: made["points"][0].update(visibility="seen"), "points[0].visibility: expected visible or"),
    (lambda made: made["points"].append(made["points"][0]), "points[2]: expected each point once"),
    (lambda made: made.update(format="coco"), "format: expected"),
    (lambda made: made.pop("points"), "points: expected a list, found nothing"),
]


def test_k12_another_kits_file_and_a_broken_one_are_refused_with_the_place(visit, kit):
    seen = visit(kit)
    seen.place((10, 10), (20, 20))
    made = seen.export()
    for change, said in REFUSED:
        broken = copy.deepcopy(made)
        change(broken)
        assert said in import_text(seen, json.dumps(broken))
    assert "not a whole JSON file" in import_text(seen, json.dumps(made)[:200])
    assert seen.export()["points"] == made["points"]


def test_an_export_is_as_its_schema_says(visit, guessed):
    from jsonschema import Draft202012Validator

    from marey.labels.formats.marey_kit import SCHEMA

    seen = visit(guessed)
    seen.press("KeyV", "KeyS", "KeyX", "KeyB", "Shift+KeyX", "KeyN")
    seen.place((10, 10))
    found = seen.export()
    assert not list(Draft202012Validator(json.loads(SCHEMA.read_text())).iter_errors(found))
    assert found["points"]
    assert found["deleted"]


# ---- animals ----


def test_k13_a_click_near_another_animals_point_sets_the_current_one(visit, herd):
    seen = visit(herd)
    seen.place((50, 50), (70, 50), (90, 50), (110, 50), (52, 51))  # the fifth is the second animal's snout
    found = seen.points()
    assert found[0, "animal1", "snout"][:2] == pytest.approx((50, 50), abs=0.01)
    assert found[0, "animal2", "snout"][:2] == pytest.approx((52, 51), abs=0.01)


def test_k13_animals_are_added_taken_out_of_a_frame_and_exchanged(visit, kit):
    seen = visit(kit)
    seen.place((50, 50), (70, 50), (90, 50), (110, 50))
    seen.control("add-animal").click()
    seen.place((50, 150), (70, 150), (90, 150), (110, 150))
    seen.press("KeyT")
    found = seen.points()
    assert found[0, "animal2", "snout"][:2] == pytest.approx((50, 50), abs=0.01)
    assert found[0, "animal1", "tail"][:2] == pytest.approx((110, 150), abs=0.01)
    assert seen.text("progress").startswith("1 of 6")
    seen.press("KeyD")
    seen.place((50, 50), (70, 50), (90, 50), (110, 50))
    assert seen.text("progress").startswith("1 of 6")  # the second animal is still to be set
    seen.press("Shift+KeyX")
    assert seen.text("progress").startswith("2 of 6")
    made = seen.export()
    assert made["individuals"] == ["animal1", "animal2"]
    assert [frame["without"] for frame in made["frames"][:2]] == [[], ["animal2"]]


# ---- predictions ----


def test_k14_predictions_count_only_when_they_are_confirmed(visit, guessed):
    seen = visit(guessed)
    assert seen.points() == {}
    assert "90 %" in seen.page.locator("#current").text_content()
    seen.press("KeyV")  # the snout
    assert list(seen.points().values()) == [(50, 60, "visible", "confirmed")]
    x, y = seen.at(110, 60)
    seen.page.mouse.move(x, y)
    seen.page.mouse.down()
    seen.page.mouse.move(x + 20, y + 20, steps=3)
    seen.page.mouse.up()
    seen.press("KeyE", "KeyX")  # the tail: the right ear is next, then the tail
    found = seen.export()
    assert {point["keypoint"]: point["origin"] for point in found["points"]} == {
        "snout": "confirmed",
        "left_ear": "moved",
    }
    assert [(point["keypoint"], point["predicted"]) for point in found["deleted"]] == [("tail", True)]
    seen.press("KeyG")
    assert len(seen.points()) == 3  # not what was deleted
    seen.press("KeyD", "Shift+KeyD")
    assert len(seen.points()) == 7
    seen.press("Shift+KeyG")
    assert len(seen.points()) == 4 * FRAMES - 1
    seen.press("KeyZ")
    assert len(seen.points()) == 7  # all frames are one step


def test_k14_a_click_corrects_the_current_prediction(visit, guessed):
    seen = visit(guessed)
    seen.place((55, 66))
    x, y, *rest = seen.points()[0, "mouse", "snout"]
    assert (x, y) == pytest.approx((55, 66), abs=0.01)
    assert rest == ["visible", "moved"]


def test_k11_what_is_exported_is_what_is_ingested(visit, herd, tmp_path):
    from marey.labels import ingest_labels

    seen = visit(herd)
    seen.control("annotator").fill("Ann \u00d6.")
    seen.place((10, 10), (20.25, 20))
    seen.press("KeyS", "KeyW")
    seen.place((33, 44), (200, 100))
    (tmp_path / "labels").mkdir()
    first = seen.export()
    seen.press("ArrowLeft")
    made = seen.export()
    for number, export in enumerate((made, first)):
        (tmp_path / "labels" / f"export ({number}).json").write_text(json.dumps(export), encoding="utf-8")
    options = {"data": tmp_path, "keypoints": KEYPOINTS, "videos": {"v": (WIDTH, HEIGHT, 1000)}, "on_error": "stop"}
    labels = ingest_labels.ingest(["labels"], **options)[0]
    assert labels["annotator"].eq("Ann \u00d6.").all()
    found = {
        (row.frame, row.individual, row.keypoint): (row.x, row.y, row.visibility)
        for row in labels.astype(object).where(labels.notna(), None).itertuples()
    }
    assert found == {key: value[:3] for key, value in by_key(made).items()}
    assert len(found) == 5


@pytest.mark.parametrize("key", ["KeyD", "Space"])
def test_a_key_before_the_button_is_let_go_leaves_the_point_in_its_frame(visit, kit, key):
    seen = visit(kit)
    seen.page.mouse.move(*seen.at(40, 30))
    seen.page.mouse.down()
    seen.press(key)
    seen.page.mouse.up()
    assert seen.control("jump").input_value() == "2"
    assert list(seen.points()) == [(0, "animal1", "snout")]
    seen.place((50, 30))
    assert len(seen.points()) == 2


def test_a_double_click_sets_one_point_and_two_quick_clicks_at_two_places_set_two(visit, kit):
    seen = visit(kit)
    seen.page.mouse.dblclick(*seen.at(50, 60))
    assert len(seen.points()) == 1
    seen.page.mouse.click(*seen.at(80, 60))
    seen.page.mouse.click(*seen.at(100, 60))
    assert len(seen.points()) == 3
    seen.press("Control+KeyZ")  # what is done again at once, at the same place, counts
    seen.page.mouse.click(*seen.at(100, 60))
    assert len(seen.points()) == 3


def test_steps_are_undone_and_done_again_after_a_reload(visit, kit):
    seen = visit(kit)
    seen.place((50, 60), (80, 60), (110, 60))
    before = seen.points()
    seen.press("Control+KeyZ")
    seen.page.on("dialog", lambda dialog: dialog.accept())
    seen.page.reload()
    seen.wait_for("Restored 2 points")
    seen.press("Control+Shift+KeyZ")
    assert seen.points() == before
    seen.press(*["Control+KeyZ"] * 3)
    assert not seen.points()
