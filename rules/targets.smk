"""Targets of a run: every file that the rules make, and what follows from the plan of shards.

Those that other jobs read are among them: Snakemake does not miss a file between two that are there, so that a table
that somebody deletes would never be made again.
"""


def several(*paths):
    """Return files that there are only where a video may show several animals."""
    return [] if SINGLE else paths


TO_LABEL = [
    "videos/{video}/probe.parquet",
    "videos/{video}/frames.parquet",
    "samples.parquet",
    "figures/videos.png",
    "figures/sampled.png",
]
# Which frames to label next, where there are poses.
NEXT = [
    "outliers.parquet",
    "outliers/samples.parquet",
    "figures/outliers.png",
]
# Where there are poses, the last of all: they are shown as predictions.
TO_LABEL_IN = (
    [path.removeprefix("<results>/") for path in KITS]
    if EXPERIMENT["keypoints"]
    else []
)
OF_LABELS = [
    *expand(
        "labels/{name}.parquet",
        name=["labels", "dropped", "label_images", "disagreements"],
    ),
    *expand("exports/labels/{name}", name=EXPERIMENT["export"]["labels"]),
]
OF_TRAINING = [
    "figures/augmented.png",
    *expand(
        "{{network}}/{{fold}}-{{seed}}/{name}",
        name=[*places.MODEL_FILES, "history.parquet"],
    ),
    "figures/training/{network}/{fold}-{seed}.png",
    *bottom_up("models/{fold}/graph.parquet"),
    "models/{fold}/confidence_curves.parquet",
]
OF_EVALUATION = [
    *expand("labels/{name}.parquet", name=["splits", "dataset"]),
    *(["labels/scales.parquet"] if ADOPTED else []),
    *(["models/{fold}-{seed}/predictions.parquet"] if SINGLE else []),
    *several("models/{fold}/detections.parquet", "models/{fold}/matched.parquet"),
    *bottom_up("models/{fold}/affinities.parquet"),
    *expand("models/{{fold}}/{name}.parquet", name=["pooled", "metrics"]),
    *expand(
        "figures/{name}/{{fold}}.png", name=["errors", "worst_frames", "reliability"]
    ),
]
# In which other cameras have a say, once it is known which videos can be analysed.
OF_CHECKED_LABELS = ["labels/suspects.parquet", "figures/suspects.png"]
OF_ALL_FOLDS = [
    *expand("models/all/{name}.parquet", name=["pooled", "metrics"]),
    *expand("figures/{name}/all.png", name=["errors", "worst_frames", "reliability"]),
]
OF_ADOPTED = [
    *expand("{{network}}/{{fold}}-{{seed}}/{name}", name=places.MODEL_FILES[:-1]),
    "{network}/{fold}-{seed}/confidence_curves.parquet",
    *bottom_up("{network}/{fold}-{seed}/graph.parquet"),
]
OF_ADAPTED = [
    *[path.replace("{network}/", "adopted/", 1) for path in OF_ADOPTED],
    "models/{fold}-{seed}/adaptation.parquet",
]
OF_ANALYSED_VIDEOS = [
    *(["scales/{video}.parquet"] if ADOPTED else []),
    "detections/{shard}.parquet",
    *bottom_up("affinities/{shard}.parquet"),
    *with_appearance("descriptors/{shard}.parquet"),
    *with_appearance("appearances/{video}.parquet"),
]
OF_VIDEOS = [
    *with_recognition("embeddings/{video}.parquet"),
    *expand(
        "{name}/{{video}}.parquet",
        name=["poses", "tracks", "review", "tracked", "smoothed", "quality"],
    ),
    "clips/{video}.mp4",
    *expand("exports/{{video}}.{name}", name=EXPERIMENT["export"]["formats"]),
    "figures/trajectories/{video}.png",
    "figures/confidence/{video}.png",
    *several("clips/review/{video}.mp4", "figures/review/{video}.png"),
]


def filled(patterns, **wildcards):
    """List the files of patterns, each for all values of its wildcards.

    Without `<results>`: another workflow that has this as a module can ask for them in its `all`.
    """
    paths = [PATHVARS.apply(f"<results>/{pattern}") for pattern in patterns]
    return expand(paths, **wildcards)


def fixed_targets(wildcards):
    """List what can be asked for at once; without labels, what is needed to make some."""
    patterns = []
    if VIDEOS:
        patterns = [*TO_LABEL, *([] if NEEDS_NETWORKS or PREDICTED else TO_LABEL_IN)]
    if LABELLED:
        patterns += OF_LABELS
    if NEEDS_NETWORKS and LABELLED:
        patterns += [*OF_EVALUATION, *(OF_ALL_FOLDS if len(FOLDS) > 1 else [])]
        patterns += [] if SESSIONS else OF_CHECKED_LABELS
    if NEEDS_NETWORKS and TRAINS:
        patterns += [*OF_TRAINING, *(OF_ELSEWHERE if ELSEWHERE else [])]
    fixed = filled(patterns, video=PRESENT, network=NETWORKS, fold=FOLDS, seed=SEEDS)
    if SESSIONS:
        fixed += rig_targets()
    if NEEDS_NETWORKS and ADOPTED:
        adopted = adopted_networks()
        fixed += filled(OF_ADOPTED, network=adopted, fold=ANALYST, seed=SEEDS)
        fixed += filled(OF_ADAPTED if ADAPTED_TO else [], fold=ANALYST, seed=SEEDS)
    return fixed


def planned_targets(wildcards):
    """List what every video gets once it is known which can be analysed."""
    if not VIDEOS or not NEEDS_NETWORKS and not PREDICTED:
        return []
    videos = posed_videos()
    analysed = [video for video in videos if video not in PREDICTED]
    shards = [f"{video}/{shard}" for video in analysed for shard in plan()[video]]
    comparable = [video for video in videos if not SINGLE or video in PREDICTED]
    compared = set(labelled_videos(wildcards)) & set(comparable)
    return [
        *filled(
            [
                "plan.parquet",
                *(NEXT if videos and EXPERIMENT["keypoints"] else []),
                *TO_LABEL_IN,
            ]
        ),
        *filled(OF_ANALYSED_VIDEOS, video=analysed, shard=shards),
        *filled(OF_VIDEOS, video=videos),
        *filled(["track_metrics/{video}.parquet"], video=sorted(compared)),
        *(filled(OF_SESSIONS, session=posed_sessions()) if SESSIONS else []),
        *(
            filled(OF_CHECKED_LABELS)
            if SESSIONS and NEEDS_NETWORKS and LABELLED
            else []
        ),
    ]


include: "handlers.smk"
