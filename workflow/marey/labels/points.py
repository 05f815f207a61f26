"""Points as formats give them: data frames of labels and of predictions."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
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


class Names(NamedTuple):
    """A column of texts, each as its place in a list: what a million rows have in common is kept once."""

    names: Sequence[str]
    places: np.ndarray


Column = np.ndarray | Names | str | int  # of every row its own value, or one for all


def as_labels(rows: Iterable[tuple] = ()) -> pd.DataFrame:
    """Make a data frame with the columns of the table `labels`, "" for no image, of rows in their order.

    Rows of a format that knows no times may end before `set_at`.
    """
    return _frame(rows, LABELS)


def as_predictions(rows: Iterable[tuple] = ()) -> pd.DataFrame:
    """Make a data frame with the columns of PREDICTED of rows in their order."""
    return _frame(rows, PREDICTED)


def labels_of(count: int, **columns: Column) -> pd.DataFrame:
    """Make a data frame of `count` labels of whole columns, named as those of the table `labels`.

    A column that a format does not know may be absent, as `set_at`.
    """
    return _of_columns(count, columns, LABELS)


def predictions_of(count: int, **columns: Column) -> pd.DataFrame:
    """Make a data frame of `count` predicted points of whole columns, named as those of PREDICTED."""
    return _of_columns(count, columns, PREDICTED)


def confidences(scores: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Turn the scores of points into confidences 0..1; return them and, in words, what could not be kept.

    Scores of some networks exceed 1. A point without a score was set or corrected by a person: it gets 1.
    """
    scores = np.asarray(scores, np.float32)
    none, beyond = np.isnan(scores), (scores < 0) | (scores > 1)
    said = [f"how far {beyond.sum()} scores lie beyond 0 to 1"] if beyond.any() else []
    said += [f"that {none.sum()} points have no score: they get 1, as what a person set"] if none.any() else []
    return np.where(none, np.float32(1), np.clip(scores, 0, 1)), said


def _of_columns(count: int, columns: Mapping[str, Column], schema: pa.Schema) -> pd.DataFrame:
    def values(column: Column | None, kind: pa.DataType) -> pa.Array:
        if isinstance(column, Names):
            places = pa.array(column.places, pa.int32())
            return pa.DictionaryArray.from_arrays(places, pa.array(column.names, kind)).cast(kind)
        if isinstance(column, np.ndarray):
            if pa.types.is_timestamp(kind):
                return pa.array(column).cast(kind)
            return pa.array(column.astype(kind.to_pandas_dtype(), copy=False))
        return pa.repeat(pa.scalar(column, kind), count)

    arrays = [values(columns.get(field.name), field.type) for field in schema]
    return pa.Table.from_arrays(arrays, schema=schema).to_pandas()


def _frame(rows: Iterable[tuple], schema: pa.Schema) -> pd.DataFrame:
    columns = list(zip(*rows, strict=True)) or [[]] * len(schema)
    columns += [[None] * len(columns[0])] * (len(schema) - len(columns))
    return pa.table(dict(zip(schema.names, columns, strict=True)), schema=schema).to_pandas()
