"""Draw the training curves of one model."""

from marey import runtime

runtime.start(snakemake)

from marey.views.plots.plot_training import plot_training

plot_training(
    snakemake.input.history,
    snakemake.output[0],
)
