"""Points as formats give them: data frames of labels and of predictions."""

from collections.abc import Iterable

import pandas as pd
import pyarrow as pa

from marey.tables.columns import CONFIDENCE, FRAME, INDIVIDUAL, KEYPOINT, VIDEO, column, position
from marey.tables.labels import LABELS

# Predictions of another tool, as read: not yet assembled, tracked or on a video's frames.
PREDICTED = pa.schema(
    [
        VIDEO,
        FRAME,
        column("instance", pa.int32(), "number of the animal within its frame, from 0; -1: what belongs to no animal"),
        INDIVIDUAL,  # "" where the tool did not track
        KEYPOINT,
        position("x", "column position"),
        position("y", "row position"),
        CONFIDENCE,
    ]
)


def as_labels(rows: Iterable[tuple] = ()) -> pd.DataFrame:
    """Make a data frame with the columns of the table `labels`, "" for no image, of rows in their order.

    Rows of a format that knows no times may end before `set_at`.
    """
    return _frame(rows, LABELS)


def as_predictions(rows: Iterable[tuple] = ()) -> pd.DataFrame:
    """Make a data frame with the columns of PREDICTED of rows in their order."""
    return _frame(rows, PREDICTED)


def _frame(rows: Iterable[tuple], schema: pa.Schema) -> pd.DataFrame:
    columns = list(zip(*rows, strict=True)) or [[]] * len(schema)
    columns += [[None] * len(columns[0])] * (len(schema) - len(columns))
    return pa.table(dict(zip(schema.names, columns, strict=True)), schema=schema).to_pandas()
