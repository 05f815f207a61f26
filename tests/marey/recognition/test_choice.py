"""Which poses are looked at."""

import numpy as np

from marey.recognition.choice import FEW, choose_frames, choose_poses, make_chains
from marey.recognition.turned_squares import Placement


def test_frames_are_chosen_evenly_and_a_few_of_each_chain():
    frame = np.concatenate([np.repeat(np.arange(1000), 2), np.arange(500, 506)])
    chain = np.concatenate([np.tile([0, 1], 1000), np.full(6, 2)])
    order = np.argsort(frame, kind="stable")
    chains = make_chains(frame[order], chain[order], np.full(len(frame), 5))
    chosen = choose_frames(chains, np.ones(1000, bool), most=100)
    assert 45 < len(chosen) < 60  # two poses each
    assert np.diff(chosen).max() <= 21
    assert np.isin(np.arange(500, 506), chosen).sum() >= FEW
    assert (chains.begin.tolist(), chains.end.tolist()) == ([0, 0, 500], [999, 999, 505])


def test_damaged_frames_and_poses_of_few_keypoints_are_not_chosen():
    shown = np.where(np.arange(100) % 3, 6, 2)
    chains = make_chains(np.arange(100), np.zeros(100, np.int64), shown)
    usable = np.arange(100) % 2 == 0
    chosen = choose_frames(chains, usable)
    assert chosen.tolist() == [f for f in range(100) if f % 2 == 0 and f % 3]


def test_animals_that_are_near_each_other_are_not_looked_at():
    frame = np.array([0, 0, 1, 1, 1, 2])
    middle = np.array([0, 100, 0, 100, 120, 5 + 0j])
    turn = np.array([1, 1, 1, 1, 1, np.nan + 0j])
    chains = make_chains(frame, np.zeros(6, np.int64), np.full(6, 4))
    assert choose_poses(chains, np.arange(6), Placement(middle, turn), side=60.0).tolist() == [1, 1, 1, 0, 0, 0]
