"""Draw what was found in the video files."""

from marey import runtime

runtime.start(snakemake)

from marey.views.plots.plot_videos import plot_videos

plot_videos(
    snakemake.input.probes,
    snakemake.output[0],
)
