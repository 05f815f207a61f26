"""Train one model: one fold, one seed."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.training.train_models import Run, train_models
from marey.zoo import catalogue

weights = Path(snakemake.output.weights)
pretrained, init = snakemake.input.get("pretrained"), snakemake.params.config["model"]["init"]
train_models(
    Path(snakemake.input.dataset),
    Path(snakemake.input.splits),
    [
        Run(
            fold=int(snakemake.wildcards.fold),
            seed=int(snakemake.wildcards.seed),
            bundle=(weights, Path(snakemake.output.metadata)),
            history=Path(snakemake.output.history),
        )
    ],
    network=snakemake.wildcards.network,
    pretrained=Path(pretrained) if pretrained else None,
    bundle=catalogue.of_job(init, snakemake.input.bundle) if init else None,
    state=weights.parent / "checkpoints",
    config=snakemake.params.config,
    provenance=provenance,
)
