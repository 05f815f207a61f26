"""Train one model: one fold, one seed."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.training.train_models import Run, train_models

weights = Path(snakemake.output.weights)
pretrained, bundle = snakemake.input.get("pretrained"), snakemake.input.get("bundle")
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
    bundle=tuple(map(Path, bundle)) if bundle else None,
    state=weights.parent / "checkpoints",
    config=snakemake.params.config,
    provenance=provenance,
)
