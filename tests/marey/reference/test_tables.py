"""The page of tables: every table is there, with the files that rules write and the columns of its schema."""

import pyarrow as pa

from marey.reference import tables
from marey.reference.templates import REPOSITORY
from marey.tables.smoothed import SMOOTHED


def test_every_table_module_is_found():
    modules = {path.stem for path in (REPOSITORY / "workflow" / "marey" / "tables").glob("*.py")}
    assert tables.table_schemas().keys() == modules - {"__init__", "columns", "files", "places", "text"}


def test_every_table_lies_somewhere_and_every_parquet_file_is_a_table():
    assert tables.table_places().keys() == tables.table_schemas().keys()


def test_files_lie_where_the_rules_write_them():
    places = tables.table_places()
    assert places["smoothed"] == ["smoothed/<video>.parquet"]
    assert places["probe"] == ["calibration/<rig>/videos/<video>/probe.parquet", "videos/<video>/probe.parquet"]
    assert places["history"] == ["<network>/<fold>-<seed>/history.parquet"]
    assert places["detections"] == [
        "detections/<video>/<start>-<stop>.parquet",
        "elsewhere/detections.parquet",
        "models/<fold>/detections.parquet",
    ]


def test_every_column_has_a_row_with_type_unit_and_meaning():
    schema, _ = tables.table_schemas()["smoothed"]
    assert schema == SMOOTHED
    _, _, section = tables.page().partition("\n### smoothed\n")
    rows = [line for line in section.partition("\n### ")[0].splitlines() if line.startswith("| `")]
    assert [row.split("`")[1] for row in rows] == schema.names
    assert "| `time` | float64 | s | presentation time of the frame |" in rows
    assert "| `x` | float32 or empty | px | smoothed column position; empty in a gap |" in rows


def test_types_are_named_as_numpy_names_them():
    assert tables._kind(pa.list_(pa.float32())) == "list of float32"
    assert tables._kind(pa.float64()) == "float64"
    assert tables._kind(pa.int16()) == "int16"
