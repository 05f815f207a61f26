"""Whether frames with faults are ranked before others: of any kind, size and length, rate and number of keypoints."""

import numpy as np
import pytest

from .made_tracks import BODY, KINDS, auroc, rank, spoil, tracks

FOUR = ("snout", "left_ear", "right_ear", "tail_base")
CASES = {
    "one frame": {},
    "15 frames": {"run": 15},
    "8 px": {"size": 8, "least": 0.85},
    "90 px": {"size": 90},
    "10 frames/s": {"rate": 10},
    "200 frames/s": {"rate": 200},
    "four points": {"names": FOUR},
    "two points, a pair": {"names": ("left_ear", "right_ear")},
    "two points": {"names": ("snout", "tail_base")},
    "one point": {"names": ("snout",)},
    "two animals": {"animals": 2},
}


def config(names) -> dict:
    return {"keypoints": list(names), "skeleton": None, "symmetry": None}


@pytest.mark.parametrize("case", CASES)
def test_faults_in_one_frame_of_a_hundred_come_first(case):
    options = dict(CASES[case])
    least, run, size = options.pop("least", 0.9), options.pop("run", 1), options.pop("size", 30)
    names = options.get("names", tuple(BODY))
    rng, tables, faults = np.random.default_rng(1), {}, {}
    for video in "abc":
        tables[video] = tracks(ord(video), **options)
        kinds = [kind for kind in KINDS if kind != "swap" or {"left_ear", "right_ear"} <= set(names)]
        for kind in kinds if run == 1 else [kinds["abc".index(video)]]:  # at most a stretch of a video
            count = 2 if run == 1 else 1
            faults |= {
                (video, frame): kind for frame in spoil(tables[video], kind, rng, count=count, size=size, run=run)
            }
    ranked = rank(tables, config(names), rate=options.get("rate", 30))
    found = np.array([faults.get(key, "") for key in zip(ranked["video"], ranked["frame"], strict=True)])
    score = ranked["score"].to_numpy()
    assert auroc(score, found != "") >= max(least, 0.95 if least == 0.9 else 0)
    for kind in set(faults.values()):
        own = (found == kind) | (found == "")
        assert auroc(score[own], found[own] == kind) >= least, kind
