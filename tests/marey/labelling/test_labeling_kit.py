import base64
import io
import json
import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from marey.labelling.labeling_kit import labeling_kit, share_frames
from marey.labelling.suggestions import read_predictions
from marey.pictures.encoding import encode
from marey.tables import files
from marey.tables.samples import SAMPLES
from marey.tables.smoothed import SMOOTHED

CONFIG = {
    "project": "p",
    "seed": 0,
    "keypoints": ["snout", "tail</script>"],
    "skeleton": [["snout", "tail</script>"]],
    "symmetry": None,
    "animals": {"identities": [], "number": None, "unique": []},
    "labelling": {"people": [], "overlap": 0},
}


def picture(number, size=(64, 48), noisy=False):
    image = np.full((*size[::-1], 3), 90 + number, np.uint8)
    image[10:20, 10:30] = [200, 120, 40]
    if noisy:
        image = image // 2 + np.random.default_rng(number).integers(0, 99, image.shape, np.uint8)
    return image


@pytest.fixture
def samples(tmp_path):
    rows = [("ab"[n % 2], 10 * n, 0.0, "random", 0, 64, 48, encode(picture(n, noisy=n == 1))) for n in range(8)]
    files.write(tmp_path / "samples.parquet", dict(zip(SAMPLES.names, zip(*rows, strict=True), strict=True)), SAMPLES)
    return tmp_path / "samples.parquet"


def make(samples, *names, poses=(), **config):
    outs = [samples.parent / "kits" / f"{name}.html" for name in names or ["kit"]]
    labeling_kit(samples, poses, outs, config=CONFIG | config)
    return outs


ABOUT = r'id="kit">(.*?)</script>'


def about(page):
    return json.loads(re.search(ABOUT, page.read_text())[1])


def shown(page):
    found = re.findall(r'id="frame-(\d+)" data-type="(\S+)">([^<]*)<', page.read_text())
    assert [int(number) for number, *_ in found] == list(range(len(found)))
    return [(kind, base64.b64decode(text)) for _, kind, text in found]


def test_a_page_holds_the_frames_and_what_is_to_be_labelled(samples):
    (page,) = make(samples)
    kit, table = about(page), files.read(samples, SAMPLES)
    assert [(frame["video"], frame["frame"]) for frame in kit["frames"]] == list(
        zip(table["video"], table["frame"], strict=True)
    )
    assert [mark["name"] for mark in kit["keypoints"]] == CONFIG["keypoints"]
    assert kit["individuals"] == ["animal1"]
    assert kit["skeleton"] == [[0, 1]]
    images = shown(page)
    for (_, content), original in zip(images, table["image"], strict=True):
        pixels = np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)
        assert np.abs(pixels - np.asarray(Image.open(io.BytesIO(original)))).mean() < 6
        assert len(content) <= len(original)
    assert {kind for kind, _ in images} == {"image/png", "image/jpeg"}  # whichever is smaller
    assert "@" not in re.sub(r"@media[^{]*|[^\s]@[^\s]", "", page.read_text().split("<body>")[0])


def test_the_id_is_of_the_frames_and_the_person_not_of_the_keypoints(samples):
    (page,) = make(samples)
    first = about(page)["kit"]
    assert about(make(samples, keypoints=["snout", "tail", "ear"], skeleton=[])[0])["kit"] == first
    assert about(make(samples, labelling={"people": ["ann"], "overlap": 0})[0])["kit"] != first
    table = files.read(samples, SAMPLES)
    files.write(samples, table[:-1], SAMPLES)
    assert about(make(samples)[0])["kit"] != first


def test_an_earlier_kit_is_kept_under_its_id(samples):
    (page,) = make(samples)
    first, text = about(page)["kit"], page.read_text()
    make(samples, keypoints=["snout", "ear"], skeleton=[])
    table = files.read(samples, SAMPLES)
    files.write(samples, table[:-1], SAMPLES)
    make(samples)
    kept = page.parent / "earlier"
    assert {path.stem for path in kept.iterdir()} == {first, about(page)["kit"]}
    assert about(kept / f"{first}.html")["frames"] == json.loads(re.search(ABOUT, text)[1])["frames"]
    assert not list(kept.glob(".*"))


def test_people_share_frames_and_get_some_in_common(samples):
    pages = make(samples, "ann", "ben", labelling={"people": ["ann", "ben"], "overlap": 2})
    kits = [about(page) for page in pages]
    frames = [{(frame["video"], frame["frame"]) for frame in kit["frames"]} for kit in kits]
    assert len(frames[0] & frames[1]) == 2
    assert len(frames[0] | frames[1]) == 8
    assert [kit["annotator"] for kit in kits] == ["ann", "ben"]
    assert [len(shown(page)) for page in pages] == [5, 5]


@pytest.mark.parametrize(("count", "people", "overlap"), [(0, 1, 0), (7, 3, 0), (7, 3, 2), (3, 2, 9), (5, 1, 4)])
def test_shares_cover_all_frames(count, people, overlap):
    shares = share_frames(count, people, overlap, 0)
    assert sorted(set(np.concatenate(shares).tolist())) == list(range(count))
    assert all((np.diff(share) > 0).all() for share in shares)
    if people > 1:
        common = set.intersection(*(set(share.tolist()) for share in shares))
        assert len(common) == min(overlap, count)


def smoothed(path, rows):
    """Rows: (frame, individual, keypoint, x)."""
    table = pd.DataFrame(rows, columns=["frame", "individual", "keypoint", "x"])
    table = table.assign(video=path.stem, time=0.0, y=5.0, confidence=0.75, sigma_px=1.0, state="measured")
    files.write(path, table.assign(raw_x=table["x"] + 0.5, raw_y=6.0), SMOOTHED)
    return path


def test_poses_are_predictions_of_the_frames_that_they_are_of(samples, tmp_path):
    path = smoothed(tmp_path / "a.parquet", [(0, "mouse", "snout", 7.0), (1, "mouse", "snout", 9.0)])
    kit = about(make(samples, poses=[path])[0])
    assert kit["individuals"] == ["mouse"]
    assert kit["predictions"] == [[0, "mouse", 0, 7.5, 6.0, 0.75, 0]]


def test_tracks_of_animals_that_nobody_knows_are_numbered_in_each_frame(samples, tmp_path):
    seen = [(0, "animal7", 1.0), (0, "animal12", 2.0), (20, "animal12", 3.0), (20, "red", 4.0)]
    rows = [(frame, animal, "snout", x) for frame, animal, x in seen]
    kit = about(
        make(
            samples,
            poses=[smoothed(tmp_path / "a.parquet", rows)],
            animals={"identities": ["red"], "number": 4, "unique": []},
        )[0]
    )
    assert kit["individuals"] == ["red", "animal1", "animal2", "animal3"]
    assert [[*row[:2], row[3]] for row in kit["predictions"]] == [
        [0, "animal1", 1.5],
        [0, "animal2", 2.5],
        [1, "animal1", 3.5],
        [1, "red", 4.5],
    ]


def test_positions_that_were_not_measured_are_no_predictions(tmp_path):
    path = smoothed(tmp_path / "a.parquet", [(0, "mouse", "snout", 7.0), (0, "mouse", "tail", 9.0)])
    table = files.read(path, SMOOTHED)
    table.loc[1, ["raw_x", "raw_y"]] = np.nan
    files.write(path, table, SMOOTHED)
    frames = pd.DataFrame({"video": ["a"], "frame": [0]})
    assert read_predictions([path], frames)["keypoint"].tolist() == ["snout"]
