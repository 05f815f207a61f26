import pandas as pd

from marey.tables.disagreements import DISAGREEMENTS
from marey.views import listings


def test_people_stand_beside_the_model():
    pairs = [("nose", 3.0), ("nose", 5.0), ("nose", 4.0), ("tail", None)]
    found = pd.DataFrame(
        [
            ("v", n, "m", keypoint, "A", "B", 1.0, 1.0, "visible", 1.0, 1.0, "visible" if apart else "absent", apart)
            for n, (keypoint, apart) in enumerate(pairs)
        ],
        columns=DISAGREEMENTS.names,
    )
    columns = ["metric", "part", "keypoint", "cut", "value", "low", "high", "groups", "points"]
    metrics = pd.DataFrame([("median_error", "test", "nose", 0, 2.5, 0, 0, 9, 9)], columns=columns)
    table = listings.people_table(found, metrics)
    assert table.rows[0] == ["nose", "3", "4.00", "4.80", "0", "2.50"]
    assert table.rows[1][:5] == ["tail", "1", "", "", "1"]
    assert table.rows[2][:4] == ["all", "4", "4.00", "4.80"]
    assert listings.people_table(found[:0], metrics).rows == []
    assert listings.people_table(found, metrics[:0]).rows[0][-1] == ""
