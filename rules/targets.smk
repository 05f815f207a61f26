"""What a run is asked for: everything that can be asked for at once, and what follows from the plan of shards."""

import subprocess


def fixed_targets(wildcards):
    """What can be asked for at once; without labels, what is needed to make some."""
    targets = ["<results>/figures/videos.png", "<results>/figures/sampled.png"]
    if not EXPERIMENT["labels"]["sources"]:
        return targets
    for figure in ("errors", "worst_frames", "reliability"):
        targets += expand(f"<results>/figures/{figure}/{{fold}}.png", fold=FOLDS)
    for network in NETWORKS:
        figures = f"<results>/figures/training/{network}/{{fold}}-{{seed}}.png"
        targets += members(figures, FOLDS)
    targets += members("<results>/models/{fold}-{seed}/model.onnx", FOLDS)
    return [
        *targets,
        "<results>/figures/augmented.png",
        "<results>/figures/suspects.png",
    ]


def planned_targets(wildcards):
    """What every video gets once it is known which can be analysed."""
    if not EXPERIMENT["labels"]["sources"]:
        return []
    views = [
        "clips/{video}.mp4",
        "figures/trajectories/{video}.png",
        "figures/confidence/{video}.png",
    ]
    if SINGLE:
        return expand([f"<results>/{view}" for view in views], video=plan())
    views += ["clips/review/{video}.mp4", "figures/review/{video}.png"]
    compared = [video for video in labelled_videos(wildcards) if video in plan()]
    return [
        *expand([f"<results>/{view}" for view in views], video=plan()),
        *expand("<results>/tracks/{video}.metrics.parquet", video=compared),
    ]


def write_report():
    """Write `report.html` by asking Snakemake for it with the very arguments of this run; not for single targets."""
    if workflow.dag_settings.targets:
        return
    from marey.tables.files import replacing

    path = Path("results", EXPERIMENT["project"], "report.html")
    snakemake = [sys.executable, "-m", "snakemake", *sys.argv[1:], "--report"]
    try:
        with replacing(path) as temporary:
            subprocess.run(
                [*snakemake, str(temporary)],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=True,
            )
        print(f"Report: {path}", file=sys.stderr)
    except subprocess.CalledProcessError as failed:
        print(f"No report: {failed.stdout}", file=sys.stderr)
