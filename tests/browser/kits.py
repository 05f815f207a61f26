"""Small made kits, and a person who looks at screenshots of them: sees dots, clicks, presses keys, exports."""

import hashlib
import io
import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from marey.labelling.labeling_kit import describe_kit, write_kit
from marey.pictures.encoding import encode

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Colours that nothing of the page has, so that a screenshot shows where the dots are.
DOTS = [(255, 0, 255), (0, 255, 0), (255, 0, 0), (0, 0, 255), (0, 255, 255), (255, 255, 0)]
GREY = 96  # of frames
KEYPOINTS = ("snout", "left_ear", "right_ear", "tail")
PREDICTED = ["video", "frame", "individual", "keypoint", "x", "y", "confidence"]


def dotted(width: int, height: int, dots: dict[tuple[int, int, int], tuple[float, float]], *, grey=GREY, radius=3):
    """Draw u8[height, width, 3] with a disc of each colour about (x, y) in px from the corner."""
    image = np.full((height, width, 3), grey, np.uint8)
    y, x = np.mgrid[:height, :width] + 0.5
    for colour, (cx, cy) in dots.items():
        image[(x - cx) ** 2 + (y - cy) ** 2 <= radius**2] = colour
    return image


def make_kit(folder: Path, images, *, keypoints=KEYPOINTS, predicted=(), name="kit", encoded=None, **config) -> Path:
    """Write a kit of images u8[height, width, 3] (frames 0, 10, 20 ... of video `v`) and return its path."""
    encoded = encoded if encoded else [encode(image) for image in images]
    sizes = [Image.open(io.BytesIO(image)).size for image in encoded]
    frames = pd.DataFrame(
        {
            "video": "v",
            "frame": [10 * number for number in range(len(encoded))],
            "width": [size[0] for size in sizes],
            "height": [size[1] for size in sizes],
            "sha256": [hashlib.sha256(image).hexdigest() for image in encoded],
        }
    )
    animals = {"identities": [], "number": None, "unique": None} | config.pop("animals", {})
    person = config.pop("person", "")
    whole = {"project": "mice", "keypoints": list(keypoints), "skeleton": [], "symmetry": None, "animals": animals}
    about = describe_kit(
        frames, pd.DataFrame(list(predicted), columns=PREDICTED).assign(views=0), person, whole | config
    )
    path = folder / f"{name}.html"
    write_kit(path, about, iter(encoded))
    return path


class Visit:
    """A kit that is open in a page of the browser."""

    def __init__(self, page, path: Path):
        self.page, self.path, self.errors, self.requests = page, path, [], []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_function("document.querySelector('[data-kit=progress]').textContent")

    def control(self, name: str):
        return self.page.locator(f"[data-kit={name}]")

    def text(self, name: str) -> str:
        return self.control(name).text_content()

    def wait_for(self, said: str, *, there: bool = True) -> None:
        """Wait until the message holds some words, or no more."""
        look = "([said, there]) => document.querySelector('[data-kit=message]').textContent.includes(said) === there"
        self.page.wait_for_function(look, arg=[said, there], timeout=5000)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def box(self) -> dict:
        """Return the place of the largest canvas, CSS px."""
        return self.page.evaluate(
            """() => [...document.querySelectorAll('canvas')].map(c => c.getBoundingClientRect())
                .sort((a, b) => b.width * b.height - a.width * a.height)[0].toJSON()"""
        )

    def see(self) -> np.ndarray:
        """Take a screenshot, u8[height, width, 3]."""
        return np.asarray(Image.open(io.BytesIO(self.page.screenshot())).convert("RGB"))

    def find(self, colour: tuple[int, int, int]) -> tuple[float, float] | None:
        """Return the middle of what has a colour on the screen, CSS px; None if nothing has."""
        seen, ratio, box = self.see(), self.page.evaluate("devicePixelRatio"), self.box()
        far = np.abs(seen.astype(int) - colour).max(axis=2)
        share = np.clip(1 - far / np.abs(np.array(colour) - GREY).max(), 0, 1)  # of a px that the dot covers
        top, left, bottom, right = (round(box[side] * ratio) for side in ("top", "left", "bottom", "right"))
        share[:top], share[bottom:], share[:, :left], share[:, right:] = 0, 0, 0, 0
        rows, columns = np.nonzero(share > 0.7)
        if not len(rows):
            return None
        near = np.s_[max(0, rows.min() - 2) : rows.max() + 3, max(0, columns.min() - 2) : columns.max() + 3]
        y, x = np.mgrid[near] + 0.5
        return float((x * share[near]).sum() / share[near].sum() / ratio), float(
            (y * share[near]).sum() / share[near].sum() / ratio
        )

    def click(self, colour: tuple[int, int, int]) -> None:
        self.page.mouse.click(*self.find(colour))

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return where (x, y) of a frame that is shown whole lies on the screen, CSS px."""
        box, shown, ratio = self.box(), self.frame(), self.page.evaluate("devicePixelRatio")
        zoom = min(box["width"] / shown["width"], box["height"] / shown["height"])
        left, top = (round((box[side] - shown[side] * zoom) / 2 * ratio) / ratio for side in ("width", "height"))
        return box["left"] + left + x * zoom, box["top"] + top + y * zoom

    def frame(self) -> dict:
        number = int(self.control("jump").input_value()) - 1
        return json.loads(self.page.locator("#kit").text_content())["frames"][number]

    def place(self, *points: tuple[float, float]) -> None:
        """Click at places of the frame, which is shown whole."""
        for point in points:
            self.page.mouse.click(*self.at(*point))

    def zoom(self, place: tuple[float, float], factor: float) -> None:
        """Turn the wheel over a place of the screen until everything there is larger by a factor."""
        self.page.mouse.move(*place)
        amount = math.log(factor) / 0.0018
        for _ in range(steps := math.ceil(abs(amount) / 250)):
            self.page.mouse.wheel(0, -amount / steps)
        self.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def export(self) -> dict:
        with self.page.expect_download() as caught:
            self.control("export").click()
        return json.loads(Path(caught.value.path()).read_text(encoding="utf-8"))

    def points(self) -> dict[tuple, tuple]:
        """Export, and return {(frame, individual, keypoint): (x, y, visibility, origin)}."""
        return by_key(self.export())


def by_key(exported: dict) -> dict[tuple, tuple]:
    return {
        (point["frame"], point["individual"], point["keypoint"]): (
            point["x"],
            point["y"],
            point["visibility"],
            point["origin"],
        )
        for point in exported["points"]
    }
