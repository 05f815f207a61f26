"""`history`: one row per training step."""

import pyarrow as pa

from marey.tables.columns import column, table

HISTORY = table(
    "history",
    [
        column("step", pa.int64(), "optimiser step, from 1"),
        column("loss", pa.float32(), "total training loss"),
        column("heatmap_loss", pa.float32(), "heatmap part of the loss"),
        column("affinity_loss", pa.float32(), "affinity part of the loss; 0 with a single animal"),
        column("identity_loss", pa.float32(), "identity part of the loss; 0 where nobody is told apart"),
        column("gradient_norm", pa.float32(), "global norm of the gradient before clipping"),
        column("learning_rate", pa.float32(), "learning rate of the step"),
        column("validation_error", pa.float32(), "mean error on the validation frames", unit="px", nullable=True),
    ],
    sort=["step"],
)
