"""Draw what the network sees in training."""

from marey import runtime

runtime.start(snakemake)

from marey.experiment.skeletons import Skeleton
from marey.training.preview import augmented_examples
from marey.views.plots.plot_augmented import plot_augmented

config = snakemake.params.config
images, points = augmented_examples(snakemake.input.dataset, snakemake.input.splits, count=24, config=config)
plot_augmented(images, points, snakemake.output[0], skeleton=Skeleton.from_config(config))
