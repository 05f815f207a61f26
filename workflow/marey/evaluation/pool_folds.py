"""All folds of a cross-validation as one: what models say of every labelled frame that did not train them."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from marey.tables import files
from marey.tables.pooled import POOLED


def pool_folds(paths: Sequence[Path], out: Path, *, provenance: dict | None = None) -> None:
    """Write the table `pooled` of the test frames of all folds, from that of each fold.

    Folds test every labelled frame once. A number over all of them rests on more groups than the mean of the folds'
    numbers, whose parts are small, and so has an interval where those have none.
    """
    tables = [files.read(path, POOLED) for path in paths]
    tested = pd.concat([table[table["part"] == "test"] for table in tables], ignore_index=True)
    files.write(out, tested, POOLED, provenance=provenance)
