"""The test frames of all folds as one table."""

import pandas as pd

from marey.evaluation.pool_folds import pool_folds
from marey.tables import files
from marey.tables.pooled import POOLED

from .test_evaluate_model import HAND


def test_every_frame_is_there_once_as_the_model_that_did_not_know_it_saw_it(tmp_path):
    paths = []
    for fold, tested in enumerate("ab"):
        part = HAND["group"].eq(tested).map({True: "test", False: "train"})
        paths.append(tmp_path / f"{fold}.parquet")
        files.write(paths[-1], HAND.assign(part=part, x=HAND["x"] + fold), POOLED)
    pool_folds(paths, tmp_path / "all.parquet", provenance={"folds": 2})
    found = files.read(tmp_path / "all.parquet", POOLED)
    expected = HAND.assign(x=HAND["x"] + HAND["group"].eq("b"))
    pd.testing.assert_frame_equal(found, expected.reset_index(drop=True), check_dtype=False)
    assert files.read_provenance(tmp_path / "all.parquet") == {"folds": 2}
