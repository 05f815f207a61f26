import numpy as np

from marey.labelling import gallery as module
from marey.labelling.gallery import Gallery, nearest_in_time

from .looks import three_looks


def test_thumbnails_are_read_a_row_group_at_a_time(table, monkeypatch):
    item = table(three_looks(), groups=9)
    monkeypatch.setattr(module, "BATCH", 25)
    sizes = [len(frames) for frames, looks in Gallery(item).batches()]
    assert sizes == [30, 30, 30]  # groups of 10, passed on as soon as there are 25
    frames = np.concatenate([frames for frames, _ in Gallery(item).batches()])
    np.testing.assert_array_equal(frames, np.arange(90))


def test_the_nearest_in_time_is_that_of_a_search_of_all():
    rng = np.random.default_rng(0)
    times, wanted = np.sort(rng.uniform(0, 9, 40)), rng.uniform(-1, 10, 200)
    expected = np.abs(wanted[:, None] - times).argmin(axis=1)
    np.testing.assert_array_equal(nearest_in_time(times, wanted), expected)
    assert nearest_in_time(np.array([1.0, 2.0]), np.array([1.5])).tolist() == [0]
