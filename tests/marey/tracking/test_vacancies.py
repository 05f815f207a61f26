"""Vacancies: what was left out goes to a track without a pose, where false tracklets are rare."""

import numpy as np

from marey.tracking import vacancies

from .test_numbered import pieces


class Costs:
    """Costs of links, from a table; 0 of those that it does not hold."""

    def __init__(self, table: dict):
        self.table = table

    def __call__(self, source, target):
        return np.array([self.table.get(pair, 0.0) for pair in zip(source.tolist(), target.tolist(), strict=True)])


def test_tracklets_without_a_track_are_cut_where_tracks_end_and_doubles_begin():
    poses, made = pieces((0, 30), (50, 90), (10, 80))
    doubled = np.zeros(len(poses), bool)
    last = made.members[made.starts[2] :]
    doubled[last[poses.frame[last] >= 70]] = True
    parts, origin = vacancies.cut_to_fit(poses, made, np.array([0, 0, -1]), doubled)
    assert origin.tolist() == [0, 2, 2, 1, 2, 2]
    spans = list(zip(poses.frame[parts.first].tolist(), poses.frame[parts.last].tolist(), strict=True))
    assert spans == [(0, 30), (10, 30), (31, 49), (50, 90), (50, 69), (70, 80)]


def test_parts_count_where_a_track_has_no_pose_unless_false_ones_are_as_many():
    poses, made = pieces((0, 30), (50, 90), (10, 30), (33, 40), (31, 45))
    track, nothing = np.array([0, 0, -1, -1, -1]), np.zeros(len(poses), bool)

    def chosen(rate, doubled=nothing):
        return vacancies.vacant_parts(poses, made, track, doubled, np.arange(5), rate).tolist()

    assert chosen(0.02) == [4, 3]  # two in 19 free frames
    assert chosen(0.06) == []
    doubled = nothing.copy()
    doubled[made.members[made.starts[4] :]] = True
    assert chosen(0.02, doubled) == [3]


def test_each_goes_where_it_costs_least_and_only_where_it_fits():
    poses, made = pieces((0, 9), (0, 9), (12, 14), (12, 14), (13, 15), (20, 29), (20, 29))
    track = np.array([0, 1, -1, -1, -1, 0, 1])
    costs = Costs({(0, 2): 9, (2, 5): 9, (1, 2): 1, (2, 6): 1, (1, 6): 1, (0, 3): 50})
    filled = vacancies.fill_vacancies(poses, made, track, np.array([2, 3, 4]), costs)
    assert filled.tolist() == [0, 1, 1, 0, -1, 0, 1]
    alone = vacancies.fill_vacancies(poses, made, np.array([0, 0, -1, -1, -1, 1, 1]), np.array([4]), costs)
    assert alone[4] >= 0
