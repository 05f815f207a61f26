"""Draw the frames to label next."""

from marey import runtime

runtime.start(snakemake)

from marey.views.plots.plot_outliers import plot_outliers

plot_outliers(
    snakemake.input.outliers,
    snakemake.input.samples,
    snakemake.output[0],
)
