"""Tables of a results folder that may be missing or broken: these count as empty, and are said."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa

from marey.tables import files, places


class Reader:
    """Reads tables of a results folder; keeps what is wrong with those that cannot be read."""

    def __init__(self, folder: Path):
        self.folder, self.broken = folder, []

    def read(self, paths: str | Iterable[str], schema: pa.Schema, columns: list[str] | None = None) -> pd.DataFrame:
        """The rows of all tables `paths` (relative to the results) that are there and whole."""
        columns, parts = columns or schema.names, []
        for path in [paths] if isinstance(paths, str) else paths:
            if (self.folder / path).exists():
                try:
                    parts.append(files.open_table(self.folder / path, schema).read(columns=columns))
                except files.TableError as error:
                    self.broken.append(str(error))
        empty = pa.schema([schema.field(name) for name in columns]).empty_table()
        return pa.concat_tables([part.replace_schema_metadata() for part in [empty, *parts]]).to_pandas()


def of_videos(table: str, names: Iterable[str]) -> Iterator[str]:
    """Return the paths of a table of each video, relative to the results."""
    return (places.TABLES[table].format(video=name) for name in names)
