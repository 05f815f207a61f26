"""The labelling kit in a browser: size, speed and memory of 300 frames, and seconds a frame of a scripted labeller.

    python benchmarks/kit.py                     300 frames of 1024 x 768 px with 8 keypoints, of which 40 are labelled
    python benchmarks/kit.py --wrong 0.2         one of five predictions is wrong, instead of one of ten

Needs Playwright and Chromium. The labeller works in the real page, from nothing and then by correcting predictions; the
positions that it exports are compared with those that it aimed at. What its actions would take a person is the
keystroke-level model of Card, Moran & Newell (1980): 1.1 s to point, 0.1 s to press or release a button, 0.28 s for a
key, 1.35 s to think, once a frame.
"""

import argparse
import hashlib
import io
import json
import platform
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY / "workflow"))

from marey.labelling.labeling_kit import describe_kit, write_kit

KEYPOINTS = ["snout", "left_ear", "right_ear", "body_centre", "left_hip", "right_hip", "tail_base", "tail_tip"]
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
POINT, BUTTON, KEY, THINK = 1.1, 0.1, 0.28, 1.35  # s
CLICK, DRAG = POINT + 2 * BUTTON, 2 * POINT + 2 * BUTTON
WRONG_PX = 40  # how far off a wrong prediction is
# Time from a key to the next picture on the canvas, ms, of each of some frames.
TURN = """async (count) => {
    const image = document.querySelector("canvas"), times = [];
    const look = () => image.getContext("2d").getImageData(image.width / 2, image.height / 2, 40, 40).data.join();
    const next = () => new Promise(requestAnimationFrame);
    for (let frame = 0; frame < count; frame++) {
        const before = look(), begin = performance.now();
        dispatchEvent(new KeyboardEvent("keydown", {code: "KeyD"}));
        while (performance.now() - begin < 2000) {
            await next();
            const now = performance.now();
            if (look() !== before) { times.push(now - begin); break; }
        }
        for (let pause = 0; pause < 20; pause++) await next();
    }
    return times;
}"""


def main() -> None:
    """Measure, and print two tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--size", type=int, nargs=2, default=[1024, 768], metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--labelled", type=int, default=40, help="frames that the scripted labeller does")
    parser.add_argument("--wrong", type=float, default=0.1, help="share of predictions that are wrong")
    arguments = parser.parse_args()
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        sys.exit("Chromium is not installed")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        truth = _poses(arguments.frames, arguments.size)
        guesses, wrong = _predictions(truth, arguments.wrong)
        page, embedded, given = _write(Path(folder), arguments, guesses)
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        print(f"{platform.machine()}, {chromium} {browser.version}\n")
        _speed(browser, page, arguments.frames, embedded, given)
        count = min(arguments.labelled, arguments.frames)
        plain = _write(Path(folder), arguments, guesses[:0])[0]
        print("| labelling | clicks | drags | keys | s a frame, of it machine | farthest from the aim, px |")
        print("|---|---|---|---|---|---|")
        _label(browser, plain, truth[:count], None)
        _label(browser, page, truth[:count], wrong[:count])
        browser.close()


def _poses(count: int, size: list[int]) -> np.ndarray:
    """Make poses f64[frame, keypoint, 2], px."""
    rng = np.random.default_rng(0)
    middle = rng.uniform(0.3, 0.7, (count, 1, 2)) * size
    return middle + rng.uniform(-0.2, 0.2, (count, len(KEYPOINTS), 2)) * size


def _predictions(truth: np.ndarray, share: float) -> tuple[pd.DataFrame, np.ndarray]:
    """Make predictions, of which a share is wrong: bool[frame, keypoint]."""
    rng = np.random.default_rng(1)
    wrong = rng.random(truth.shape[:2]) < share
    found = truth + rng.normal(0, 1, truth.shape) + wrong[..., None] * [WRONG_PX, 0]
    rows = [
        ("v", 10 * frame, "mouse", name, *found[frame, number], 0.9)
        for frame in range(len(truth))
        for number, name in enumerate(KEYPOINTS)
    ]
    return pd.DataFrame(rows, columns=["video", "frame", "individual", "keypoint", "x", "y", "confidence"]), wrong


def _write(folder: Path, arguments: argparse.Namespace, guesses: pd.DataFrame) -> tuple[Path, int, int]:
    """Write a kit; returns its page, and the bytes of its images in the page and as PNG."""
    rng, width, height = np.random.default_rng(2), *arguments.size
    y, x = np.mgrid[:height, :width]
    images = []
    for number in range(12):  # that are repeated
        scene = 110 + 50 * np.sin(x / 40 + number) * np.cos(y / 55) + rng.normal(0, 6, (height, width))
        buffer = io.BytesIO()
        Image.fromarray(np.stack([scene, 0.9 * scene, 0.8 * scene], -1).clip(0, 255).astype(np.uint8)).save(
            buffer, format="PNG", compress_level=1
        )
        images.append(buffer.getvalue())
    frames = pd.DataFrame(
        {"video": "v", "frame": range(0, 10 * arguments.frames, 10), "width": width, "height": height}
    )
    frames["sha256"] = [hashlib.sha256(images[number % 12]).hexdigest() for number in range(arguments.frames)]
    config = {"project": "benchmark", "keypoints": KEYPOINTS, "skeleton": [], "symmetry": None}
    config["animals"] = {"identities": [], "number": None, "unique": []}
    page = folder / f"{'guessed' if len(guesses) else 'plain'}.html"
    about = describe_kit(frames, guesses.assign(views=0), "", config)
    write_kit(page, about, (images[number % 12] for number in range(arguments.frames)))
    text = page.read_text(encoding="utf-8")
    encoded = sum(len(part.partition(">")[2].partition("<")[0]) for part in text.split('id="frame-')[1:])
    return page, encoded * 3 // 4, sum(len(images[number % 12]) for number in range(arguments.frames))


def _speed(browser, page: Path, frames: int, embedded: int, given: int) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    tab = context.new_page()
    begin = time.perf_counter()
    tab.goto(page.as_uri(), wait_until="commit")
    drawn = """() => { const image = document.querySelector("canvas"); return image && image.width > 400 &&
        image.getContext("2d").getImageData(image.width / 2, image.height / 2, 1, 1).data[0] > 40; }"""
    tab.wait_for_function(drawn, polling=20)
    first = time.perf_counter() - begin
    tab.wait_for_load_state("load")
    whole = time.perf_counter() - begin
    times = tab.evaluate(TURN, min(60, frames - 1))
    session = context.new_cdp_session(tab)
    session.send("Performance.enable")
    metrics = {item["name"]: item["value"] for item in session.send("Performance.getMetrics")["metrics"]}
    columns = ["frames", "page MB", "of its images' bytes", "of the PNGs'", "first frame s", "all read s"]
    columns += ["next frame ms, median", "95 %", "heap MB"]
    print(f"| {' | '.join(columns)} |\n{'|---' * len(columns)}|")
    size, heap = page.stat().st_size, metrics["JSHeapUsedSize"] / 1e6
    print(
        f"| {frames} | {size / 1e6:.1f} | {size / embedded:.3f} | {size / given:.2f} | {first:.2f} | {whole:.2f} | "
        f"{np.median(times):.0f} | {np.percentile(times, 95):.0f} | {heap:.0f} |\n"
    )
    context.close()


def _label(browser, page: Path, truth: np.ndarray, wrong: np.ndarray | None) -> None:
    """Label frames from nothing or, where it is given which predictions are `wrong`, by correcting these."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    tab = context.new_page()
    tab.goto(page.as_uri())
    frame = json.loads(tab.locator("#kit").text_content())["frames"][0]
    box = tab.locator("#image").bounding_box()
    zoom = min(box["width"] / frame["width"], box["height"] / frame["height"])
    corner = [round((box[side] - frame[side] * zoom) / 2) for side in ("width", "height")] + np.array(
        [box["x"], box["y"]]
    )
    clicks = drags = keys = 0
    begin = time.perf_counter()
    for number, pose in enumerate(truth):
        for point, place in enumerate(corner + pose * zoom):
            if wrong is None:
                tab.mouse.click(*place)
                clicks += 1
            elif wrong[number, point]:
                tab.mouse.move(place[0] + WRONG_PX * zoom, place[1])
                tab.mouse.down()
                tab.mouse.move(*place, steps=2)
                tab.mouse.up()
                drags += 1
        tab.keyboard.press("KeyD" if wrong is None else "Shift+KeyD")
        keys += 1
    machine = (time.perf_counter() - begin) / len(truth)
    with tab.expect_download() as caught:
        tab.locator("[data-kit=export]").click()
    points = json.loads(Path(caught.value.path()).read_text(encoding="utf-8"))["points"]
    if len(points) != truth.shape[0] * truth.shape[1]:
        sys.exit(f"{len(points)} points were exported, not {truth.shape[0] * truth.shape[1]}")
    aims = {(10 * n, name): truth[n, k] for n in range(len(truth)) for k, name in enumerate(KEYPOINTS)}
    far = max(np.hypot(*(np.array([p["x"], p["y"]]) - aims[p["frame"], p["keypoint"]])) for p in points)
    person = (clicks * CLICK + drags * DRAG + keys * KEY) / len(truth) + THINK
    name = "from nothing" if wrong is None else f"correcting {wrong.mean():.0%} of predictions"
    print(f"| {name} | {clicks} | {drags} | {keys} | {person + machine:.1f}, {machine:.2f} | {far:.2f} |")
    context.close()


if __name__ == "__main__":
    main()
