"""Draw the most suspicious labels."""

from marey import runtime

runtime.start(snakemake)

from marey.views.plots.plot_suspects import plot_suspects

plot_suspects(snakemake.input.dataset, snakemake.input.suspects, snakemake.output[0])
