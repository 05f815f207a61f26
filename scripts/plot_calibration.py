"""Draw how reliable confidence and sigma are on the test frames of one fold."""

from marey import runtime

runtime.start(snakemake)

from marey.plots.calibration import plot_calibration

plot_calibration(snakemake.input.predictions, snakemake.input.metrics, snakemake.output[0])
