"""Draw how reliable confidence and sigma are on the test frames of one fold."""

from marey import runtime

runtime.start(snakemake)

from marey.views.plots.plot_reliability import plot_reliability

plot_reliability(snakemake.input.predictions, snakemake.input.metrics, snakemake.output[0])
