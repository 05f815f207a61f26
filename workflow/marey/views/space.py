"""Poses in space as figures and clips read them."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from marey.tables import files
from marey.tables.poses3d import POSES3D


def count_times(path: str | Path) -> int:
    """Count the times of a table `poses3d`, by its metadata."""
    table = files.open_table(path, POSES3D)
    place = table.schema_arrow.names.index("frame")
    last = [table.metadata.row_group(index).column(place).statistics for index in range(table.num_row_groups)]
    return 1 + max((span.max for span in last if span is not None and span.has_min_max), default=-1)


def read_thinned(path: str | Path, columns: list[str], *, times: int) -> pd.DataFrame:
    """Read columns of a table `poses3d` at every n-th time, so that it is at most about `times` of them.

    Of a long session nothing else is ever in memory.
    """
    step = max(1, count_times(path) // times)
    parts = [POSES3D.empty_table().select(columns)]
    wanted = list(dict.fromkeys([*columns, "frame"]))
    for batch in files.batches(path, POSES3D, wanted, rows=files.ROW_GROUP):
        part = pa.Table.from_batches([batch])
        number = pc.subtract(part["frame"], pc.multiply(pc.divide(part["frame"], step), step))
        parts.append(part.filter(pc.equal(number, 0)).select(columns))
    return pa.concat_tables(
        [part.replace_schema_metadata() for part in parts], promote_options="permissive"
    ).to_pandas()
