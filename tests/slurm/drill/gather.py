"""Put the parts together."""

import pandas as pd

from marey.tables import files
from marey.tables.columns import FRAME, table

schema = table("part", [FRAME], sort=["frame"])
files.write(snakemake.output[0], pd.concat([files.read(path, schema) for path in snakemake.input]), schema)
