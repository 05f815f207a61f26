"""How far apart keypoints can be: what labels told, or the size of the animals, at any scale."""

import numpy as np

from marey.networks.metadata import at_scale, read_metadata
from marey.networks.outputs import Layout
from marey.networks.reach import REACH_PER_EXTENT, reach_between, stored_reach

from ..made_model import write_metadata

LAYOUT = Layout(False, ((0, 1),), (), 2, identities=("red",))


def test_reach_is_that_of_the_labels_or_goes_by_the_extent(tmp_path):
    path = tmp_path / "model.json"
    write_metadata(path, ["a", "b"], LAYOUT, extent=60.0)
    assert reach_between(read_metadata(path))[0, 1] == 60 * REACH_PER_EXTENT
    write_metadata(path, ["a", "b"], LAYOUT, extent=0)
    assert reach_between(read_metadata(path)) is None
    stored = stored_reach(np.array([[np.nan, 24.04], [24.04, np.nan]]))
    write_metadata(path, ["a", "b"], LAYOUT, extent=60.0, reach=stored)
    np.testing.assert_array_equal(reach_between(read_metadata(path), 0.5), [[45, 12], [12, 45]])
    assert at_scale(read_metadata(path), 0.5)["reach"] == [[None, 48], [48, None]]
