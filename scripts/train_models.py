"""Train the models of all folds and seeds, one after another."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.training.train_models import Run, train_models
from marey.zoo import catalogue

outputs, pretrained = snakemake.output, snakemake.input.get("pretrained")
init = snakemake.params.config["model"]["init"]
runs = []
for paths in zip(outputs.weights, outputs.metadata, outputs.history, strict=True):
    weights, metadata, history = map(Path, paths)
    fold, seed = map(int, weights.parent.name.split("-"))
    runs.append(Run(fold, seed, (weights, metadata), history))
train_models(
    Path(snakemake.input.dataset),
    Path(snakemake.input.splits),
    runs,
    network=snakemake.wildcards.network,
    pretrained=Path(pretrained) if pretrained else None,
    bundle=catalogue.of_job(init, snakemake.input.bundle) if init else None,
    state=runs[0].history.parents[1] / "checkpoints",
    config=snakemake.params.config,
    provenance=provenance,
)
