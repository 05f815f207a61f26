"""Metrics of tracking, against py-motmetrics, the definition of HOTA, and cases that can be counted by hand."""

from collections import Counter

import motmetrics
import numpy as np
import pytest

from marey.evaluation import track_metrics
from marey.evaluation.track_metrics import PosePairs, TrackPoses


def made(seed, *, frames=60, animals=4):
    """True and found poses with names that change, poses that are missed or false, and random similarities."""
    chance = np.random.default_rng(seed)
    truth, found, rows = [], [], []
    names = np.arange(animals)
    for frame in range(frames):
        if chance.random() < 0.15:
            names = chance.permutation(animals + 1)[:animals]
        here = [animal for animal in range(animals) if chance.random() < 0.9]
        first = len(truth), len(found)
        truth += [(frame, animal) for animal in here]
        found += [(frame, names[animal]) for animal in here if chance.random() < 0.9]
        if chance.random() < 0.2:
            found.append((frame, animals + 1))
        for row in range(first[0], len(truth)):
            for column in range(first[1], len(found)):
                same = found[column][1] == names[truth[row][1]]
                similarity = chance.uniform(0.3, 1) if same else chance.uniform(0, 0.7)
                if chance.random() < (0.95 if same else 0.3):
                    rows.append((row, column, similarity))
    poses = [TrackPoses(*np.array(part).T) for part in (truth, found)]
    row, column, similarity = np.array(rows).T
    return *poses, PosePairs(row.astype(int), column.astype(int), similarity)


def accumulated(truth, found, pairs, least):
    """py-motmetrics' record of the same: its distances are 1 - similarity."""
    record = motmetrics.MOTAccumulator()
    for frame in np.union1d(truth.frame, found.frame):
        rows, columns = (np.flatnonzero(poses.frame == frame) for poses in (truth, found))
        distance = np.full((len(rows), len(columns)), np.nan)
        for row, column, similarity in zip(*pairs, strict=True):
            if truth.frame[row] == frame and similarity >= least:
                distance[np.searchsorted(rows, row), np.searchsorted(columns, column)] = 1 - similarity
        record.update(truth.track[rows], found.track[columns], distance, frameid=int(frame))
    return record


@pytest.mark.parametrize("seed", range(4))
def test_figures_are_those_of_motmetrics(seed):
    truth, found, pairs = made(seed)
    ours = track_metrics.tracking_metrics(truth, found, pairs)
    record, maker = accumulated(truth, found, pairs, track_metrics.MIN_MATCH_SIMILARITY), motmetrics.metrics.create()
    names = ["mota", "num_switches", "num_misses", "num_false_positives"]
    theirs = maker.compute(record, metrics=names, name="x").loc["x"]
    assert ours["mota"] == pytest.approx(theirs["mota"])
    assert ours["switches"] == pytest.approx(theirs["num_switches"])
    assert ours["missed"] == pytest.approx(theirs["num_misses"])
    assert ours["spurious"] == pytest.approx(theirs["num_false_positives"])
    # IDF1 knows no order of frames: any pair that is near enough counts.
    assert ours["idf1"] == pytest.approx(maker.compute(record, metrics=["idf1"], name="x").loc["x", "idf1"], abs=1e-9)


def best_matching(scores, columns=frozenset()):
    """The greatest sum of scores {row: {column: score}} and its pairs, by trying all."""
    if not scores:
        return 0.0, []
    (row, partners), *rest = scores.items()
    answers = [best_matching(dict(rest), columns)]
    for column in partners.keys() - columns:
        total, chosen = best_matching(dict(rest), columns | {column})
        answers.append((total + partners[column], [(row, column), *chosen]))
    return max(answers, key=lambda answer: answer[0])


def slow_hota(truth, found, pairs):
    """HOTA, DetA and AssA as Luiten et al. 2021 define them, one pair and one match at a time."""
    near = {(row, column): similarity for row, column, similarity in zip(*pairs, strict=True)}
    lengths = [Counter(poses.track.tolist()) for poses in (truth, found)]
    potential = Counter()
    for (row, column), similarity in near.items():
        either = sum(s for (r, _), s in near.items() if r == row) + sum(s for (_, c), s in near.items() if c == column)
        potential[truth.track[row], found.track[column]] += similarity / (either - similarity)
    matches = []
    for frame in np.unique(truth.frame):
        scores = {row: {} for row in np.flatnonzero(truth.frame == frame).tolist()}
        for (row, column), similarity in near.items():
            if row in scores:
                names = truth.track[row], found.track[column]
                together = potential[names]
                either = lengths[0][names[0]] + lengths[1][names[1]] - together
                scores[row][column] = together / either * similarity
        matches += best_matching(scores)[1]
    results = []
    for alpha in np.arange(1, 20) / 20:
        hits = [(truth.track[r], found.track[c]) for r, c in matches if near[r, c] >= alpha]
        shared = Counter(hits)
        each = [shared[a, b] / (lengths[0][a] + lengths[1][b] - shared[a, b]) for a, b in hits]
        detection = len(hits) / (len(truth.frame) + len(found.frame) - len(hits))
        association = np.mean(each) if each else 0.0
        results.append((np.sqrt(detection * association), detection, association))
    return dict(zip(("hota", "deta", "assa"), np.mean(results, axis=0), strict=True))


@pytest.mark.parametrize("seed", range(4))
def test_hota_is_its_definition(seed):
    truth, found, pairs = made(seed, frames=40)
    assert track_metrics.hota(truth, found, pairs) == pytest.approx(slow_hota(truth, found, pairs))


def tracks(*rows):
    """Poses of tracks given as strings, a letter each frame; '.' is none. Returns Poses and the letters."""
    cells = sorted((frame, name) for row in rows for frame, name in enumerate(row) if name != ".")
    names = sorted({name for _, name in cells})
    return TrackPoses(np.array([f for f, _ in cells]), np.array([names.index(n) for _, n in cells])), cells


def test_a_swap_counted_by_hand():
    """Two animals of ten frames, whose names are exchanged after six; all poses are exact."""
    truth, _ = tracks("a" * 10, "b" * 10)
    found, cells = tracks("x" * 6 + "y" * 4, "y" * 6 + "x" * 4)
    other = {("a", f): "x" if f < 6 else "y" for f in range(10)} | {("b", f): "y" if f < 6 else "x" for f in range(10)}
    letters = [(f, "ab"[k]) for f, k in zip(*truth, strict=True)]
    pairs = PosePairs(
        np.arange(20), np.array([cells.index((f, other[animal, f])) for f, animal in letters]), np.ones(20)
    )
    figures = track_metrics.tracking_metrics(truth, found, pairs)
    assert figures["switches"] == 2
    assert figures["mota"] == pytest.approx(1 - 2 / 20)
    assert figures["idf1"] == pytest.approx(12 / 20)
    association = 0.6 * 6 / 14 + 0.4 * 4 / 16
    assert figures["deta"] == pytest.approx(1)
    assert figures["assa"] == pytest.approx(association)
    assert figures["hota"] == pytest.approx(np.sqrt(association))


def test_nothing_found_and_nothing_there():
    truth, _ = tracks("aaaa")
    nothing = TrackPoses(np.empty(0, int), np.empty(0, int))
    no_pairs = PosePairs(np.empty(0, int), np.empty(0, int), np.empty(0))
    figures = track_metrics.tracking_metrics(truth, nothing, no_pairs)
    assert (figures["mota"], figures["idf1"], figures["hota"], figures["missed"]) == (0, 0, 0, 4)
    figures = track_metrics.tracking_metrics(nothing, truth, no_pairs)
    assert (figures["idf1"], figures["hota"], figures["spurious"]) == (0, 0, 4)
