"""Targets of a run: everything that can be asked for at once, and what follows from the plan of shards."""

from functools import wraps

PATHVARS = workflow.pathvars


def resolved(targets):
    """Return targets without `<results>`: another workflow that has this as a module can ask for them in its `all`."""

    @wraps(targets)
    def paths(wildcards):
        return [PATHVARS.apply(path) for path in targets(wildcards)]

    return paths


@resolved
def fixed_targets(wildcards):
    """List what can be asked for at once; without labels, what is needed to make some."""
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


@resolved
def planned_targets(wildcards):
    """List what every video gets once it is known which can be analysed."""
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
        *expand("<results>/track_metrics/{video}.parquet", video=compared),
    ]


def write_report():
    """Write `report.html` from whatever there is, after a run that was asked for no single targets, failed or not."""
    if set(workflow.dag_settings.targets) - {"all"}:
        return
    from marey.tables import places
    from marey.views import report

    try:
        page = report.write_report(
            EXPERIMENT, VIDEOS, places.results(EXPERIMENT["project"])
        )
        print(f"Report: {page}", file=sys.stderr)
    except Exception as error:  # whatever it is, the run has ended as it has
        print(f"No report: {type(error).__name__}: {error}", file=sys.stderr)
