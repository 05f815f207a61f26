import numpy as np
from numpy.testing import assert_allclose

from marey.inference.found import as_candidates, inside


def test_what_is_found_in_the_padding_is_missing_and_at_the_edge_stays():
    places = np.array([[50, 30], [101, 30], [105, 30], [-1, -2], [50, -5], [100, 70], [np.nan, np.nan]], np.float32)
    count = len(places)
    confidence = np.linspace(0.1, 0.9, count, dtype=np.float32).reshape(1, 1, count)
    found = as_candidates(places[None, None], confidence, np.ones_like(confidence))
    kept = inside(found, (100, 70))
    expected = [[50, 30], [100, 30], [np.nan, np.nan], [0, 0], [np.nan, np.nan], [100, 70], [np.nan, np.nan]]
    assert_allclose(kept.points[0, 0], expected, atol=1e-3)
    assert np.nanmax(kept.points[0, 0] - [100, 70]) <= 0
    lost = [2, 4]
    assert (kept.confidence[0, 0] == np.where(np.isin(np.arange(count), lost), 0, confidence[0, 0])).all()
    assert np.flatnonzero(np.isnan(kept.spread[0, 0])).tolist() == lost
