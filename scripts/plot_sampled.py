"""Draw the sampled frames."""

from marey import runtime

runtime.start(snakemake)

from marey.views.plots.plot_sampled import plot_sampled

plot_sampled(
    snakemake.input.samples,
    snakemake.output[0],
)
