"""HDF5 files that hold one pandas table, read without running what a pickle in them asks for.

PyTables keeps Python objects (lists of column names, object arrays) as pickles and unpickles every attribute that it
meets, already while it opens a file; a pickle can call any function. Here its two unpickling modules are lent an
unpickler that knows literals only (str, numbers, list, tuple, dict): enough for what DeepLabCut writes, which is
verified on its own files, and unable to name a function or a class.

Damage can still kill the HDF5 library, and with it the process: `read_apart` reads a file in a process of its own. So
pandas and PyTables are imported where they are used.
"""

import io
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

from marey.labels.formats._apart import call_apart

if TYPE_CHECKING:
    import pandas as pd

DEEPLABCUT_KEY = "df_with_missing"  # DeepLabCut's name for its table


def read_apart(path: Path) -> dict:
    """Read the table of `read_table` in a process of its own, so that a damaged file cannot end this one.

    Returns:
        `names`, of the levels of the columns; `levels`, a list of texts for each; `index`, a text for each row, levels
        joined by /; `values`, a list of numbers for each row.

    Raises:
        ValueError: as `read_table`, or the process died or took too long.
    """
    return call_apart(_read, path)


def read_table(path: Path) -> "pd.DataFrame":
    """Read the table called `df_with_missing`, or the only one; fixed and table format.

    Raises ValueError where the file is broken, holds another number of tables, or holds a pickle of anything but
    literals; that pickle is not run.
    """
    import pandas as pd

    with _literals_only() as refused:
        try:
            with pd.HDFStore(path, mode="r") as store:
                keys = store.keys()
                key = f"/{DEEPLABCUT_KEY}" if f"/{DEEPLABCUT_KEY}" in keys else keys[0] if len(keys) == 1 else None
                table = store.get(key) if key else None
        except Exception as error:  # PyTables and pandas raise dozens of kinds for a broken or refused file
            if not refused:
                raise ValueError(f"not a readable HDF5 table ({type(error).__name__})") from None
    if refused:
        raise ValueError(f"holds a pickled {refused[0]}, which could run code and is not opened")
    if not isinstance(table, pd.DataFrame):
        raise ValueError(f"expected one table '{DEEPLABCUT_KEY}', found {', '.join(keys) or 'none'}")
    return table


@contextmanager
def _literals_only() -> Iterator[list[str]]:
    """Lend PyTables the restricted unpickler; yield the list of the names that it refused."""
    from tables import atom, attributeset

    refused: list[str] = []

    class Literals(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> object:
            refused.append(f"{module}.{name}")
            raise pickle.UnpicklingError(f"{module}.{name} is not a literal")

    def loads(pickled: bytes, **options: str) -> object:
        return Literals(io.BytesIO(pickled), **options).load()

    modules = (attributeset, atom)
    try:
        for module in modules:
            module.pickle = SimpleNamespace(loads=loads)
        yield refused
    finally:
        for module in modules:
            module.pickle = pickle


def _read(path: Path) -> dict:
    table = read_table(path)
    try:
        values = table.to_numpy(dtype=float)
    except TypeError as error:
        raise ValueError(f"not a table of numbers ({error})") from None
    return {
        "names": list(table.columns.names),
        "levels": [list(map(str, table.columns.get_level_values(level))) for level in range(table.columns.nlevels)],
        "index": ["/".join(map(str, key)) if isinstance(key, tuple) else str(key) for key in table.index],
        "values": values.tolist(),
    }
