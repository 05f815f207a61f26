"""Reading and writing tables: Parquet that is checked on the way in and complete or absent on the way out."""

import errno
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)  # the disk, or the user's part of it
ROW_GROUP = 131_072  # rows: small enough to stream, large enough to compress
Rows = pa.Table | pd.DataFrame | Mapping[str, Iterable]


class TableError(ValueError):
    """Say that a table is missing, broken, or not what its reader expects; the message names the file and the fix."""


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path of this writer's own beside `path`; rename it to `path` when the block succeeds.

    A killed or orphaned writer leaves a stray temporary file, never half of `path`. Raises OSError, which names `path`,
    where the disk or the user's part of it is full.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.", suffix=path.suffix)
    os.close(handle)
    try:
        yield Path(name)
        os.chmod(name, 0o666 & ~_umask())
        with open(name, "rb") as file:
            os.fsync(file.fileno())  # a node that goes down must not leave the name and lose the content
        os.replace(name, path)
    except OSError as error:  # most that write do not say of which file
        if error.errno in DISK_FULL:
            fix = f"{os.strerror(error.errno)}; make room and run again"
            raise OSError(error.errno, fix, str(path)) from None
        raise
    finally:
        Path(name).unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@contextmanager
def writer(path: str | Path, schema: pa.Schema, *, provenance: Mapping | None = None):
    """Yield `write(rows)`, which appends rows to `path`; the file appears when the block ends without error.

    Rows arrive in the schema's sort order; each call adds at least one row group. Raises TableError as `write` does.
    """
    schema = schema.with_metadata({**schema.metadata, "provenance": json.dumps(provenance or {}, sort_keys=True)})
    with replacing(path) as temporary, pq.ParquetWriter(temporary, schema, compression="zstd") as parquet:
        yield lambda rows: parquet.write_table(_conform(rows, schema, path), row_group_size=ROW_GROUP)


def write(path: str | Path, rows: Rows, schema: pa.Schema, *, provenance: Mapping | None = None) -> None:
    """Write a whole table to `path`, sorted (stably) by the schema's sort columns.

    Args:
        path: the file, which appears whole or not at all.
        rows: an Arrow table, a data frame, or a mapping from names to columns; exactly the schema's columns.
        schema: a schema of `marey.tables`.
        provenance: what the table was made of, kept in the file's metadata as JSON.

    Raises:
        TableError: columns are missing or unknown, or their values break what holds of every table: see `_faults`.
    """
    ordered = _conform(rows, schema, path)
    keys = [key for key in schema.metadata[b"sort"].decode().split(",") if key]
    if keys and ordered.num_rows:
        values = [_sortable(ordered[key]) for key in reversed(keys)]
        ordered = ordered.take(pa.array(np.lexsort(values)))
    with writer(path, schema, provenance=provenance) as append:
        append(ordered)


def _sortable(values: pa.ChunkedArray) -> np.ndarray:
    if pa.types.is_string(values.type):
        return pd.factorize(values.to_pandas(), sort=True)[0]
    return values.to_numpy()


def _conform(rows: Rows, schema: pa.Schema, path: str | Path) -> pa.Table:
    if isinstance(rows, pd.DataFrame):
        rows = {name: rows[name] for name in rows.columns}
    if not isinstance(rows, pa.Table):
        rows = {name: _array(values, schema, name) for name, values in rows.items()}
        rows = pa.table(rows)
    missing = [name for name in schema.names if name not in rows.column_names]
    surplus = [name for name in rows.column_names if name not in schema.names]
    if missing or surplus:
        raise TableError(f"{path}: cannot write: missing columns {missing}, unknown columns {surplus}")
    rows = rows.select(schema.names)
    for index, field in enumerate(schema):
        if pa.types.is_floating(field.type):
            rows = rows.set_column(index, field.name, _nan_as_null(rows[field.name]))
    for faulty, fault in _faults(rows, schema):
        row = pc.index(faulty, True).as_py()
        if row >= 0:
            raise TableError(f"{path}: cannot write: {fault} in row {row}")
    return rows.cast(schema)


def _nan_as_null(values: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_floating(values.type):
        return values
    return pc.if_else(pc.is_nan(values), pa.scalar(None, values.type), values)


def _faults(rows: pa.Table, schema: pa.Schema) -> Iterator[tuple[pa.ChunkedArray, str]]:
    """Yield where rows break what holds of every table, bool[row] each, and what is wrong there.

    No value is infinite, or outside of 0..1 where that is its unit; what may not be empty is not; a position has both
    its coordinates or none; and a column is empty just where its table says so (see `columns.table`).
    """
    for field in schema:
        values = rows[field.name]
        if not field.nullable:
            yield values.is_null(), f"column '{field.name}' is empty"
        if pa.types.is_floating(values.type):
            yield pc.is_inf(values), f"column '{field.name}' is infinite"
        if field.metadata[b"unit"] == b"0..1":
            yield pc.or_(pc.less(values, 0), pc.greater(values, 1)), f"column '{field.name}' is outside of 0..1"
        other = f"{field.name[:-1]}y"
        if field.name.endswith("x") and other in schema.names:
            apart = pc.not_equal(values.is_null(), rows[other].is_null())
            yield apart, f"only one of '{field.name}' and '{other}' is empty"
    for name, where in json.loads(schema.metadata[b"empty"]).items():
        for column, there in where.items():
            due = pc.is_in(rows[column], value_set=pa.array(there, rows[column].type))
            yield pc.and_(due, rows[name].is_valid()), f"'{name}' is not empty, but '{column}' is one of {there},"
            yield (
                pc.and_(pc.invert(due), rows[name].is_null()),
                f"'{name}' is empty, but '{column}' is none of {there},",
            )


def _array(values: Iterable, schema: pa.Schema, name: str) -> pa.Array:
    if name not in schema.names:
        return pa.array(values)
    return pa.array(values, type=schema.field(name).type, from_pandas=True)


def open_table(path: str | Path, schema: pa.Schema) -> pq.ParquetFile:
    """Open `path` for streaming after checking that it is whole and holds the columns of `schema`.

    Raises TableError where there is no such file, where it is not whole, and where a column is missing or has another
    type.
    """
    name = schema.metadata[b"table"].decode()
    try:
        file = pq.ParquetFile(path, pre_buffer=False)  # else what was read ahead stays in memory while it is streamed
    except FileNotFoundError:
        raise TableError(f"{path}: no such file; expected a '{name}' table. Run the workflow again.") from None
    except (pa.ArrowInvalid, OSError) as error:
        raise TableError(f"{path}: not a whole Parquet file ({error}). Delete it and run again.") from None
    found = file.schema_arrow
    for field in schema:
        if field.name not in found.names:
            raise TableError(
                f"{path}: column '{field.name}' of the '{name}' table is missing (found {', '.join(found.names)}). "
                "Delete the file and run again."
            )
        kind = found.field(field.name).type
        if kind != field.type:
            raise TableError(
                f"{path}: column '{field.name}' of the '{name}' table is {kind}, expected {field.type}. "
                "Delete the file and run again."
            )
    return file


def read(path: str | Path, schema: pa.Schema, columns: list[str] | None = None) -> pd.DataFrame:
    """Read and check a table; `columns` limits what is loaded. Rows keep the order of the file.

    Raises TableError as `open_table` does.
    """
    return open_table(path, schema).read(columns=columns or schema.names).to_pandas()


def batches(path: str | Path, schema: pa.Schema, columns: list[str], *, rows: int) -> Iterator[pa.RecordBatch]:
    """Read and check a table, some rows at a time.

    Args:
        path: the file.
        schema: what the file is checked against.
        columns: names of the columns to read.
        rows: the most rows of a batch.

    Returns:
        An iterator over the batches that have rows, in the order of the file.
    """
    with open_table(path, schema) as file:
        for batch in file.iter_batches(rows, columns=columns, use_threads=False):
            if len(batch):
                yield batch


def whole_frames(path: str | Path, schema: pa.Schema, columns: list[str], *, rows: int) -> Iterator[pa.Table]:
    """Read and check a table, some rows at a time, and never end within a frame.

    Args:
        path: the file, sorted by frame.
        schema: what the file is checked against.
        columns: names of the columns to read, `frame` among them.
        rows: about how many rows come together.

    Returns:
        An iterator over tables, each of which holds all rows of its frames.

    Raises:
        TableError: a frame comes after a later one, or the file is not such a table.
    """
    left = None
    for batch in batches(path, schema, columns, rows=rows):
        table = pa.Table.from_batches([batch])
        table = pa.concat_tables([left, table]) if left is not None else table
        frame = table["frame"].to_numpy()
        if (np.diff(frame) < 0).any():
            back = int(frame[np.argmax(np.diff(frame) < 0) + 1])
            raise TableError(f"{path}: frame {back} comes after a later one. Delete it and run again.")
        end = int(np.searchsorted(frame, frame[-1]))  # the last frame may go on in the next batch
        if end:
            yield table.slice(0, end)
        left = table.slice(end)
    if left is not None:
        yield left


def read_frames(path: str | Path, schema: pa.Schema, columns: list[str], *, start: int, stop: int) -> pa.Table:
    """Read and check the rows of the frames [start, stop); row groups without them are left out.

    Raises TableError as `open_table` does.
    """
    wanted = columns if "frame" in columns else [*columns, "frame"]
    with open_table(path, schema) as file:
        at = file.schema_arrow.get_field_index("frame")
        spans = [file.metadata.row_group(group).column(at).statistics for group in range(file.num_row_groups)]
        groups = [
            group
            for group, span in enumerate(spans)
            if span is None or not span.has_min_max or (span.min < stop and span.max >= start)
        ]
        rows = file.read_row_groups(groups, columns=wanted, use_threads=False)
    return rows.filter(pc.and_(pc.greater_equal(rows["frame"], start), pc.less(rows["frame"], stop))).select(columns)


def read_provenance(path: str | Path) -> dict:
    """Read the provenance of a table: version, config, code digest, inputs with hashes, seed, device."""
    return json.loads((pq.read_schema(path).metadata or {}).get(b"provenance", b"{}"))


def empty(schema: pa.Schema) -> pd.DataFrame:
    """Make a table of no rows."""
    return schema.empty_table().to_pandas()
