"""`appearances`: one row per animal in a frame: what it looks like, where looks count in tracking."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from marey.tables.columns import FRAME, VIDEO, column, table

VECTOR = pa.list_(pa.float16())

APPEARANCES = table(
    "appearances",
    [
        VIDEO,
        FRAME,
        column("instance", pa.int16(), "number of the animal within its frame, as in `poses`"),
        column(
            "appearance",
            VECTOR,
            "mean over its keypoints: logits of the model's `identities` and of another animal, or, without such, its "
            "`descriptor`",
        ),
    ],
    sort=["frame"],
)


def matrix(vectors: pa.Array | pa.ChunkedArray) -> np.ndarray:
    """Return a column of vectors, list<float16>[row], as an array f32[row, dimension]."""
    flat = pc.list_flatten(vectors).to_numpy().astype(np.float32)
    return flat.reshape(len(vectors), -1 if len(vectors) else 0)


def column_from(rows: np.ndarray) -> pa.Array:
    """Return the rows of an array f32[row, dimension] as a column of vectors, list<float16>[row]."""
    ends = np.arange(len(rows) + 1, dtype=np.int32) * rows.shape[1]
    return pa.ListArray.from_arrays(pa.array(ends), pa.array(rows.astype(np.float16).ravel()))
