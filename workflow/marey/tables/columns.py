"""The vocabulary that table modules are written in: a column, and a table of columns."""

import json
from collections.abc import Mapping, Sequence

import pyarrow as pa


def column(name: str, kind: pa.DataType, meaning: str, *, unit: str = "", nullable: bool = False) -> pa.Field:
    """Describe a column; its meaning and unit are kept in the Parquet file itself.

    Args:
        name: name of the column.
        kind: Arrow type of its values.
        meaning: what the values say, for the reference and the reader of the file.
        unit: unit of the values; empty where they have none.
        nullable: whether values may be missing.

    Returns:
        The Arrow field, meaning and unit in its metadata.
    """
    return pa.field(name, kind, nullable=nullable, metadata={"meaning": meaning, "unit": unit})


def table(
    name: str,
    columns: list[pa.Field],
    *,
    sort: list[str],
    empty: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
) -> pa.Schema:
    """Describe a table.

    Args:
        name: name of the table.
        columns: its columns, in order.
        sort: the columns that its rows are sorted by.
        empty: by column, where it is empty and nowhere else: {other column: values that it has there}.

    Returns:
        The Arrow schema, the rest in its metadata.
    """
    return pa.schema(columns, metadata={"table": name, "sort": ",".join(sort), "empty": json.dumps(empty or {})})


VIDEO = column("video", pa.string(), "video id from the sheet")
FRAME = column("frame", pa.int64(), "decoded index of the frame, from 0")
TIME = column("time", pa.float64(), "presentation time of the frame", unit="s")
INDIVIDUAL = column("individual", pa.string(), "name of the animal")
KEYPOINT = column("keypoint", pa.string(), "name of the keypoint")
CONFIDENCE = column("confidence", pa.float32(), "how sure the model is of the position", unit="0..1")
SIGMA = column(
    "sigma_px",
    pa.float32(),
    "standard deviation per axis of a position that is right (within the tolerance); empty: unknown",
    unit="px",
    nullable=True,
)


def position(name: str, meaning: str, kind: pa.DataType | None = None) -> pa.Field:
    """Describe a nullable coordinate in px of the original video; the corner of the image is (0, 0)."""
    return column(name, kind or pa.float32(), meaning, unit="px", nullable=True)
