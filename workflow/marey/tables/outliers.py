"""`outliers`: one row per frame that has poses, over all videos together, the one that most needs a look first."""

import pyarrow as pa

from marey.tables.columns import FRAME, TIME, VIDEO, column, table

# What may be unusual of a frame, by the name of its column.
TERMS = {
    "uncertainty": "confidence of its points",
    "spread": "standard deviation of its points",
    "jump": "a point away from where it was just before and after, against how the animal moves",
    "drift": "a point away from where it is over a second or two",
    "leap": "the whole animal away from where it was",
    "limb": "length of a limb",
    "swap": "left and right exchanged",
    "frozen": "a point that stands still while the animal moves",
    "pose": "pose: how near others like it are",
    "missing": "points, or animals, that are not seen",
    "look": "look of the image: how near others like it are",
}

OUTLIERS = table(
    "outliers",
    [
        column("rank", pa.int64(), "place in the list, from 1"),
        VIDEO,
        FRAME,
        TIME,
        column("score", pa.float32(), "how unusual the frame is, by all of what follows together", unit="nats"),
        column("reason", pa.string(), "which of what follows is the most unusual"),
        column("usable", pa.bool_(), "may be labelled: neither labelled nor damaged, and not among frames that test"),
        column("picked", pa.bool_(), "is one of the frames to label next"),
        *(
            column(name, pa.float32(), f"{said}: minus the logarithm of how few frames are as unusual", unit="nats")
            for name, said in TERMS.items()
        ),
    ],
    sort=["rank"],
)
