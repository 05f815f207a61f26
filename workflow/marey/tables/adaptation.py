"""`adaptation`: one row per round in which another experiment's model was trained further for the videos here."""

import pyarrow as pa

from marey.tables.columns import column, table

ADAPTATION = table(
    "adaptation",
    [
        column("round", pa.int64(), "0: rendered images alone; later ones: pseudo-labels, too"),
        column("images", pa.int64(), "rendered images over the empty places of videos that trained"),
        column("made", pa.int64(), "rendered images in made places that trained"),
        column("pseudo_labels", pa.int64(), "frames of the videos that trained, labelled by the model itself"),
        column("steps", pa.int64(), "steps of the optimiser; 0: there was nothing to learn from"),
        column(
            "disagreement_before",
            pa.float64(),
            "how far apart the model sees a keypoint in neighbouring frames, and in turned and mirrored copies, of "
            "held-out frames, before the round; at most 0.5",
            unit="body lengths",
            nullable=True,
        ),
        column("disagreement_after", pa.float64(), "the same after it", unit="body lengths", nullable=True),
        column(
            "error_before",
            pa.float64(),
            "mean error on held-out rendered images, over empty places of videos and made ones, before; at most 0.5",
            unit="body lengths",
            nullable=True,
        ),
        column("error_after", pa.float64(), "the same after it", unit="body lengths", nullable=True),
        column("kept", pa.bool_(), "the round's model replaced the one before"),
        column("videos", pa.list_(pa.string()), "videos that were adapted to"),
        column("left_out", pa.list_(pa.string()), "why a video was left out, or no animals were rendered over it"),
    ],
    sort=["round"],
)
