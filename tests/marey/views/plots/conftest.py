"""What tests of figures share: made tables, and a look at the figure that was written."""

import io

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

from marey.experiment.skeletons import Skeleton


@pytest.fixture
def skeleton() -> Skeleton:
    return Skeleton(("snout", "ear", "tail"), ((0, 1), (1, 2)))


@pytest.fixture
def figures(monkeypatch) -> list[Figure]:
    """The figures that were saved, in order."""
    seen = []
    save = Figure.savefig

    def spy(self, *args, **options):
        seen.append(self)
        return save(self, *args, **options)

    monkeypatch.setattr(Figure, "savefig", spy)
    return seen


@pytest.fixture
def encode():
    """Encode an image u8[height, width, 3] as PNG bytes."""

    def png(image: np.ndarray) -> bytes:
        buffer = io.BytesIO()
        Image.fromarray(image).save(buffer, "PNG")
        return buffer.getvalue()

    return png


@pytest.fixture
def predictions(skeleton) -> pd.DataFrame:
    """Table `pooled`: 20 test and 5 train frames; the error of test frame f is f px, of train frames 1000 px."""
    rows = []
    for frame in range(25):
        part, error = ("test", frame) if frame < 20 else ("train", 1000)
        for k, name in enumerate(skeleton.keypoints):
            x, y = 40 + 20 * k, 50.0
            place = ("video", frame, "mouse", name, part, f"g{frame // 5}", x + error, y, 0.9, x, y, "visible")
            rows.append(place)
    names = ["video", "frame", "individual", "keypoint", "part", "group", "x", "y", "confidence"]
    table = pd.DataFrame(rows, columns=[*names, "true_x", "true_y", "visibility"])
    return table.assign(sigma_px=2.0, raw_confidence=0.7, spread=np.nan, tolerance=10.0)


@pytest.fixture
def crowd(skeleton) -> pd.DataFrame:
    """Table `pooled`: 4 test frames with animals m1, m2, 100 px apart, the error of frame f is f px.

    In frame 1 m2 is missed; in frame 2 there is a spurious animal too, of confidence 0.5; in frame 3 both are missed.
    """
    rows = []
    for frame in range(4):
        seen = {0: ["m1", "m2"], 1: ["m1"], 2: ["m1", "m2"], 3: []}[frame]
        for name, y in (("m1", 30), ("m2", 130), *([("spurious1", 180)] if frame == 2 else [])):
            for k, keypoint in enumerate(skeleton.keypoints):
                x, false = 40 + 20 * k, name == "spurious1"
                found = (
                    (np.nan, np.nan, 0.0) if name not in seen and not false else (x + frame, y, 0.5 if false else 0.9)
                )
                truth = (np.nan, np.nan, "absent") if false else (x, y, "visible")
                rows.append(("video", frame, name, keypoint, "test", f"g{frame}", *found, *truth))
    names = ["video", "frame", "individual", "keypoint", "part", "group", "x", "y", "confidence"]
    table = pd.DataFrame(rows, columns=[*names, "true_x", "true_y", "visibility"])
    return table.assign(sigma_px=2.0, raw_confidence=table["confidence"], spread=np.nan, tolerance=10.0)


@pytest.fixture
def motion(skeleton) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables `poses` and `smoothed`: 300 frames, the tail lost in frames 100 to 149, frames 200 and 201 damaged."""
    count, keypoints = 300, skeleton.keypoints
    frame, k = np.repeat(np.arange(count), len(keypoints)), np.tile(np.arange(len(keypoints)), count)
    lost = (k == 2) & (frame >= 100) & (frame < 150)
    fault = (frame == 200) | (frame == 201)
    base = {"video": "video", "frame": frame, "time": frame / 30, "individual": "mouse"}
    base["keypoint"] = np.array(keypoints)[k]
    base["sigma_px"] = 2.0
    x, y = 100 + frame + 10.0 * k, 80 + 5.0 * k
    confidence = np.where(fault, 0.0, np.where(lost, 0.05, 0.9))
    seen = np.where(fault, np.nan, 1.0)
    poses = pd.DataFrame({**base, "x": x * seen, "y": y * seen, "confidence": confidence, "fault": fault})
    state = np.where(lost, "gap", np.where(fault, "interpolated", "measured"))
    there = np.where(lost, np.nan, 1.0)
    after = {"x": x * there, "y": y * there, "confidence": confidence, "state": state, "raw_x": x, "raw_y": y}
    return poses, pd.DataFrame({**base, **after})


@pytest.fixture
def several(motion) -> tuple[pd.DataFrame, pd.DataFrame]:
    """`motion` of three individuals: animal2 is 40 px lower and lost in frames 50 to 79, animal10 begins at 240."""
    tables = []
    for table in motion:
        moved = [table.assign(individual="animal1"), table.assign(individual="animal2", y=table["y"] + 40)]
        lost = moved[1]["frame"].between(50, 79)
        moved[1].loc[lost, ["x", "y"]] = np.nan
        if "state" in table:
            moved[1].loc[lost, "state"] = "gap"
        late = table[table["frame"] >= 240].assign(individual="animal10", y=table["y"] + 80)
        tables.append(pd.concat([*moved, late]).sort_values("frame", kind="stable", ignore_index=True))
    return tables[0], tables[1]
