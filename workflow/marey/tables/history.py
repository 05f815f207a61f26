"""`history`: one row per training step, and step 0 before the first where what a model knew is shown again."""

import pyarrow as pa

from marey.tables.columns import column, table

HISTORY = table(
    "history",
    [
        column(
            "step",
            pa.int64(),
            "optimiser step, from 1; 0: the bundle before training (`model.replay`), with errors alone",
        ),
        column("loss", pa.float32(), "total training loss", nullable=True),
        column("heatmap_loss", pa.float32(), "heatmap part of the loss", nullable=True),
        column("affinity_loss", pa.float32(), "affinity part of the loss; 0 with a single animal", nullable=True),
        column("identity_loss", pa.float32(), "identity part of the loss; 0 where nobody is told apart", nullable=True),
        column("gradient_norm", pa.float32(), "global norm of the gradient before clipping", nullable=True),
        column("learning_rate", pa.float32(), "learning rate of the step", nullable=True),
        column("validation_error", pa.float32(), "mean error on the validation frames", unit="px", nullable=True),
        column(
            "replay_error",
            pa.float32(),
            "mean error on held-out rendered images of the animal that trained the bundle (`model.replay`), px of the "
            "network's input",
            unit="px",
            nullable=True,
        ),
    ],
    sort=["step"],
)
