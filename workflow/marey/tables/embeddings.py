"""`embeddings`: one row per animal in a frame, as in `poses`: what tells it apart, learnt from the video."""

import pyarrow as pa

from marey.tables.appearances import VECTOR
from marey.tables.columns import FRAME, VIDEO, column, table

EMBEDDINGS = table(
    "embeddings",
    [
        VIDEO,
        FRAME,
        column("instance", pa.int16(), "number of the animal within its frame, as in `poses`"),
        column("embedding", VECTOR, "a point on the unit sphere, near those of the same animal; NaN: not looked at"),
        column("trained", pa.bool_(), "the network learnt from this pose: what it makes of it proves nothing"),
    ],
    sort=["frame"],
)
