"""Train the model of another experiment further, for the videos of this one."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.adaptation.adapt_bundle import adapt_bundle
from marey.inference.engines import model_files
from marey.inference.measure_scale import VideoFiles

config, paths, output = snakemake.params.config, snakemake.input, snakemake.output
videos = zip(paths.videos, paths.probes, paths.frames, strict=True)
adapt_bundle(
    model_files(paths.networks, "adopted")[0],
    Path(paths.curves),
    next(map(Path, paths.graph), None),
    {Path(files[1]).parent.name: VideoFiles(*map(Path, files)) for files in videos},
    (Path(output.weights), Path(output.metadata)),
    Path(output.curves),
    next(map(Path, output.graph), None),
    Path(output.adaptation),
    config=config,
    provenance=provenance,
)
