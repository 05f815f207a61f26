"""The scale of a video: found where animals have the size that a model knows, and refused where nobody can tell."""

import numpy as np
import pytest
from scipy.special import logit

from marey.inference import engines
from marey.inference.measure_scale import (
    MAX_INPUT,
    USUAL_SIZE,
    Look,
    ScaleError,
    VideoFiles,
    choose_scale,
    find_animal,
    look,
    look_at_scales,
    measure_scale,
    spread_evenly,
)
from marey.inference.orientations import AS_IT_IS, ORIENTATIONS, Orientations
from marey.pictures.views import Picture
from marey.synth.film import write_video
from marey.tables import files
from marey.tables.scales import SCALES, used_scale
from marey.videos.probe_video import probe_video

KNOWN = 48.0  # px of the network: the size that the model knows
EXTENT = KNOWN / USUAL_SIZE


class PairFinder:
    """Finds a red and a green dot, the surer the nearer their distance is to KNOWN."""

    stride, orientations = 4, AS_IT_IS

    def __init__(self):
        self.seen = []

    def logits(self, images):
        (image,) = images.astype(float)
        self.seen.append(image.shape[:2])
        height, width = (side // self.stride for side in image.shape[:2])
        cells = image.reshape(height, self.stride, width, self.stride, 3).mean(axis=(1, 3))
        shown = cells[..., :2] - cells[..., 2:]
        rows, columns = np.unravel_index(shown.reshape(-1, 2).argmax(axis=0), shown.shape[:2])
        apart = self.stride * max(abs(np.diff(rows)[0]), abs(np.diff(columns)[0]), 1)
        sure = 0.9 * np.exp(-0.5 * np.log2(apart / KNOWN) ** 2)
        return (logit(np.clip(sure * (shown == shown.max(axis=(0, 1))), 1e-6, 1))[None],)


def pair(size: tuple[int, int], length: float, angle: float = 0.0) -> np.ndarray:
    """An image u8[height, width, 3] of `size` (width, height) with a red and a green blot, `length` px apart."""
    middle, half = np.array(size) / 2, length / 2 * np.array([np.cos(angle), np.sin(angle)])
    columns, rows = np.arange(size[0]) + 0.5, np.arange(size[1])[:, None] + 0.5
    image = np.zeros((size[1], size[0], 3))
    for channel, (x, y) in enumerate((middle - half, middle + half)):
        image[..., channel] = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * (length / 10) ** 2))
    return (255 * image).astype(np.uint8)


@pytest.mark.parametrize(("size", "length"), [((160, 120), 24), ((320, 240), 48), ((320, 240), 90), ((640, 480), 200)])
def test_animals_of_any_size_get_the_size_that_the_model_knows(size, length):
    pictures = [Picture(pair(size, length, 0.1 * step), 1.0) for step in range(4)]
    looks = look_at_scales(PairFinder(), pictures, EXTENT)
    assert choose_scale(looks, "video 'v'") == pytest.approx(KNOWN / length, rel=0.15)
    best = max(looks, key=lambda each: each.score)
    assert best.size == pytest.approx(length, rel=0.15)


class MirrorFinder(PairFinder):
    """Finds the dots surely at every scale, in the mirror where the green one is red, and misplaces it at others."""

    orientations = Orientations(ORIENTATIONS[True], (1, 0))

    def logits(self, images):
        (found,) = super().logits(images)
        surely = np.where(found > 0, 4.0, -8.0)
        if found.max() > logit(0.85):
            return surely, surely[:, :, ::-1, [1, 0]]
        return surely, np.full_like(surely, -8.0)


def test_what_a_mirror_contradicts_does_not_count():
    pictures = [Picture(pair((320, 240), 90, 0.1 * step), 1.0) for step in range(4)]
    sure = [(round(each.scale, 2), each.confidence) for each in look_at_scales(MirrorFinder(), pictures, EXTENT)]
    assert {scale for scale, confidence in sure if confidence > 0.9} == {0.5}


def test_larger_images_than_anything_needs_are_not_looked_at():
    detector = PairFinder()
    look_at_scales(detector, [Picture(pair((800, 600), 10), 1.0)], EXTENT)
    assert max(height * width for height, width in detector.seen) < 1.1 * MAX_INPUT
    assert min(max(shape) for shape in detector.seen) >= 0.7 * EXTENT


def seen(scale: float, confidence: float, size: float, frames: int = 6) -> Look:
    return Look(scale, confidence, np.full(frames, size), EXTENT / scale)


@pytest.mark.parametrize(
    ("looks", "message"),
    [
        ([seen(0.5, 0.1, 90), seen(1.0, 0.2, 50)], r"no animals at any scale .*0.20 at 1.*set `model.scale` to 48"),
        ([seen(0.5, 0.8, np.nan), seen(1.0, 0.8, np.nan)], "no animals at any scale"),
        ([seen(0.5, 0.8, 96, 2)], "no animals at any scale"),
        (
            [seen(0.25, 0.8, 190), seen(0.5, 0.2, 96), seen(1.0, 0.79, 48)],
            "animals of 190 and of 48 px, both as surely",
        ),
    ],
)
def test_what_cannot_be_told_is_no_guess(looks, message):
    with pytest.raises(ScaleError, match=f"video 'v': .*{message}"):
        choose_scale(looks, "video 'v'")


def test_scales_that_show_the_same_animals_are_no_rivals():
    assert choose_scale([seen(0.5, 0.8, 96), seen(0.7, 0.7, 95), seen(1.0, 0.78, 96)], "v") == pytest.approx(
        0.6, abs=0.15
    )


def test_the_keypoints_of_an_animal_lie_near_each_other():
    places = np.array([[[10, 10], [30, 20], [200, 200]], [[210, 190], [220, 220], [12, 8]]], float)
    confidence = np.array([[0.9, 0.5, 0.8], [0.6, 0.55, 0.1]])
    sure, size = find_animal(places, confidence, EXTENT)
    assert sure == pytest.approx((0.6 + 0.55 + 0.8) / 3)  # not 0.9, 0.55 and 0.8, of two animals
    assert size == 30  # 190 to 220
    assert np.isnan(find_animal(places, confidence * np.array([1, 0.1, 0.1]), EXTENT)[1])


def test_padding_shows_nothing():
    class Corner(PairFinder):
        def logits(self, images):
            heatmap = np.full((1, images.shape[1] // 4, images.shape[2] // 4, 2), -9.0)
            heatmap[0, -1, -1] = 9.0  # beyond the image, of 100 x 60 px
            return (heatmap,)

    assert look(Corner(), [Picture(np.zeros((60, 100, 3), np.uint8), 1.0)], 1.0, EXTENT).confidence < 0.01


@pytest.fixture
def measured(tmp_path, monkeypatch):
    """A video of 20 frames with a pair 72 px apart, and a function that measures it and reads the table."""
    video, tables = tmp_path / "v.mp4", (tmp_path / "probe.parquet", tmp_path / "frames.parquet")
    write_video(video, (pair((320, 240), 72, 0.05 * step) for step in range(20)), fps=10, gop=5, options=("-crf", "5"))
    thumbnails = {"thumbnail_width": 16, "thumbnail_interval": 1}
    probe_video(video, *tables, video="v", relative="v.mp4", config=thumbnails, provenance={})
    metadata = {"extent": EXTENT / 0.8, "preprocessing": {"scale": 0.8}}
    monkeypatch.setattr(engines, "start_detector", lambda *_, **__: (PairFinder(), metadata))
    model, out = engines.ModelFiles("w", "m", "o", None), tmp_path / "scales.parquet"

    def measure(scale="auto", crop=None, frames=None):
        config = {"infer": {"engine": "auto"}, "model": {"scale": scale}, "crop": crop, "frames": frames}
        measure_scale(VideoFiles(video, *tables), model, out, video="v", config=config, provenance={})
        return files.read(out, SCALES), used_scale(out)

    return measure


def test_a_video_has_a_table_of_scales_and_one_is_used(measured):
    table, used = measured()
    assert used.scale == pytest.approx(KNOWN / 72, rel=0.15)
    assert used.magnification == pytest.approx(0.8 / used.scale)
    (row,) = table[table["used"]].itertuples()
    assert (row.source, row.frames, row.sized_frames) == ("measured", 12, 12)
    assert row.size == pytest.approx(72, rel=0.15)
    assert len(table) > 4
    assert table.loc[~table["used"], "confidence"].max() <= row.confidence + 0.05


def test_a_crop_without_animals_is_said_and_a_scale_set_by_hand_holds_even_there(measured):
    with pytest.raises(ScaleError, match=r"video 'v': .*`model\.scale`"):
        measured(crop="0,0,60,60")
    table, used = measured(scale=0.3, crop="0,0,60,60")
    assert used.scale == 0.3
    assert table["source"].tolist() == ["config"]


def test_frames_come_from_the_part_that_is_analysed(measured):
    table, _ = measured(frames="3:8")
    assert set(table["frames"]) == {5}


def test_without_a_table_the_scale_is_the_model_s():
    assert used_scale(None) == (None, 1.0)


def test_frames_are_spread_evenly():
    assert spread_evenly(np.arange(10, 20), 5).tolist() == [11, 13, 15, 17, 19]
    assert spread_evenly(np.arange(3), 5).tolist() == [0, 1, 2]
    assert spread_evenly(np.arange(0), 5).tolist() == []
