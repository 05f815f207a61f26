"""Sampling: which frames are worth labelling, chosen from the thumbnails that probing left."""

import logging
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.cluster import MiniBatchKMeans, kmeans_plusplus

from marey.labelling.gallery import BATCH, Gallery, grey_differences, reshaped, sample_rows, usable
from marey.tables import files
from marey.tables.samples import SAMPLES

_SPARE = 8  # candidates of a stratum: the best one, and others should it be too like another
_PASSES = 5  # of k-means over the thumbnails
_log = logging.getLogger(__name__)


def sample_frames(
    videos: list[dict], labelled: pd.DataFrame | None, out: Path, *, config: dict, seed: int, provenance: dict
) -> None:
    """Write the table `samples`: frames to label, with their images.

    A video gives at most one frame from each stratum; over all videos, `frames_total` of these are kept by greedy
    k-centre selection (Gonzalez 1985, Theoretical Computer Science 38). Damaged frames and unusable videos give none.

    Args:
        videos: a dict for each video with the keys video, path, probe and frames (paths of the file and of its two
            tables), and range, (start, stop) of the frames that may be chosen.
        labelled: frames with the columns video and frame; what looks like one of these is left out. None: none.
        out: the table that is written.
        config: the block `sample`.
        seed: seed of what is random.
        provenance: metadata of the table.
    """
    videos = [item for item in sorted(videos, key=lambda item: item["video"]) if usable(item["probe"])]
    chosen, fixed, common = [], [], None
    for number, item in enumerate(videos):  # each is seeded by its name: another video changes nothing of it
        known = [] if labelled is None else labelled.loc[labelled["video"] == item["video"], "frame"]
        gallery, rng = Gallery(item), np.random.default_rng([seed, *item["video"].encode()])
        common = common or gallery.shape
        picked, looks, known_looks = _choose(gallery, np.unique(known).astype(np.int64), config, rng)
        looks = [reshaped(look, gallery.shape, common) for look in looks]
        chosen += [(number, frame, stratum, look) for (frame, stratum), look in zip(picked, looks, strict=True)]
        fixed += [reshaped(look, gallery.shape, common) for look in known_looks]
    if config["frames_total"] is not None and len(chosen) > config["frames_total"]:
        looks = np.stack([look for *_, look in chosen])
        kept = k_centre(looks, np.array(fixed), config["frames_total"], np.random.default_rng(seed))
        chosen = [chosen[index] for index in kept]
    with files.writer(out, SAMPLES, provenance=provenance) as write:
        for number, item in enumerate(videos):
            picked = sorted((frame, stratum) for owner, frame, stratum, _ in chosen if owner == number)
            if rows := list(sample_rows(item, picked, config["method"])):
                write(dict(zip(SAMPLES.names, zip(*rows, strict=True), strict=True)))


def _choose(
    gallery: Gallery, known: np.ndarray, config: dict, rng: np.random.Generator
) -> tuple[list[tuple[int, int]], np.ndarray, np.ndarray]:
    """Choose one video's (frame, stratum); returns them, their thumbnails, and those of its labelled frames `known`."""
    known = known[(known >= 0) & (known < len(gallery.times))]
    nothing = np.zeros((0, gallery.shape[0] * gallery.shape[1]), np.float32)
    if not len(gallery.shown):
        return [], nothing, nothing
    strata = SAMPLING_METHODS[config["method"]](gallery, config["frames_per_video"], rng)
    candidates = [(int(frame), number) for number, stratum in enumerate(strata) for frame in stratum]
    looks, known_looks = (
        gallery.nearest_thumbnails(np.array([frame for frame, _ in candidates])),
        gallery.nearest_thumbnails(known),
    )
    taken, filled = [], set()
    for place, (frame, number) in enumerate(candidates):
        others = np.concatenate([known_looks, looks[taken]])
        near = len(others) and grey_differences(others, looks[place]).min() < config["min_distance"]
        if number not in filled and frame not in known and not near:
            taken.append(place)
            filled.add(number)
    numbered = config["method"] in ("kmeans", "motion")
    return [(candidates[at][0], candidates[at][1] if numbered else 0) for at in taken], looks[taken], known_looks


def uniform_strata(gallery: Gallery, count: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Return the frames at the centres of `count` equal intervals of the undamaged frames."""
    total = len(gallery.sound)
    count = min(count, total)
    return [gallery.sound[[int((number + 0.5) * total / count)]] for number in range(count)]


def random_strata(gallery: Gallery, count: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Draw any undamaged frames, each as likely as the next."""
    drawn = rng.permutation(gallery.sound)[: count * _SPARE]
    return [drawn[number::count] for number in range(min(count, len(drawn)))]


def kmeans_strata(gallery: Gallery, count: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Return the frames nearest to each centre of `count` clusters of thumbnails, nearest (the medoid) first.

    Mini-batch k-means (Sculley 2010, WWW) in streaming passes from k-means++ centres of a subsample, then a last pass
    for the medoids. Subtracting the mean thumbnail first, as DeepLabCut does, changes no distance and is left out.
    """
    count, seed = min(count, len(gallery.shown), BATCH), int(rng.integers(2**31))
    start = gallery.nearest_thumbnails(
        np.sort(rng.choice(gallery.shown, min(BATCH, len(gallery.shown)), replace=False))
    )
    centres, _ = kmeans_plusplus(start, count, random_state=seed)
    model = MiniBatchKMeans(count, init=centres, n_init=1, random_state=seed, reassignment_ratio=0)
    for _ in range(_PASSES):
        for _, looks in gallery.batches():
            model.partial_fit(looks)
    nearest = [[] for _ in range(count)]
    for frames, looks in gallery.batches():
        gaps = model.transform(looks)
        clusters = gaps.argmin(axis=1)
        for cluster in range(count):
            members = np.flatnonzero(clusters == cluster)
            nearest[cluster] += zip(gaps[members, cluster], frames[members], strict=True)
            nearest[cluster] = sorted(nearest[cluster])[:_SPARE]
    return [np.array([frame for _, frame in members], np.int64) for members in nearest]


def motion_strata(gallery: Gallery, count: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Draw random frames from each of `count` equal parts of the frames, ordered by motion, stillest first.

    Motion is the mean absolute grey difference from the thumbnail before.
    """
    amounts, last = [], None
    for _, looks in gallery.batches():
        before = np.concatenate([looks[:1] if last is None else last, looks[:-1]])
        amounts.append(np.abs(looks - before).mean(axis=1))
        last = looks[-1:]
    ranked = gallery.shown[1:][np.argsort(np.concatenate(amounts)[1:], kind="stable")]
    parts = np.array_split(ranked if len(ranked) else gallery.shown, min(count, max(1, len(ranked))))
    return [rng.permutation(part)[:_SPARE] for part in parts]


SAMPLING_METHODS = {
    "uniform": uniform_strata,
    "random": random_strata,
    "kmeans": kmeans_strata,
    "motion": motion_strata,
}


def k_centre(looks: np.ndarray, fixed: np.ndarray, count: int, rng: np.random.Generator) -> list[int]:
    """Choose `count` rows of `looks`, each the farthest from those before it and from `fixed`.

    The first is drawn at random if there are none to keep away from.

    Args:
        looks: f32[n, pixels], grey values.
        fixed: f32[m, pixels], what is chosen already.
        count: how many are chosen.
        rng: source of chance.

    Returns:
        Indices of the rows.
    """
    gap = np.full(len(looks), np.inf)
    for look in fixed:
        gap = np.minimum(gap, grey_differences(looks, look))
    kept = [int(gap.argmax()) if len(fixed) else int(rng.integers(len(looks)))]
    while len(kept) < count:
        gap = np.minimum(gap, grey_differences(looks, looks[kept[-1]]))
        gap[kept] = -1
        kept.append(int(gap.argmax()))
    return kept
