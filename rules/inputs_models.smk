"""Input functions of models: which files the networks of a fold consist of."""


def pretrained_weights(wildcards):
    """Return the file that the trunk's weights come from, where the config names one."""
    name = EXPERIMENT["model"]["weights"]
    return source(name) if name else []


def initial_bundle_files(wildcards):
    """List the files of the bundle to start from; those of the zoo come with Marey, as its code, and are no inputs.

    Their times do not count, but what they hold does (see `bundle_digest`).
    """
    if not INITIAL or INITIAL.shipped:
        return []
    return [ancient(local(str(path))) for path in (*INITIAL.files, *INITIAL.tables)]


def bottom_up(path):
    """Return a file that there is only where animals are put together from keypoints."""
    return [path] if BOTTOM_UP else []


def with_appearance(path):
    """Return a file that there is only where appearance counts in tracking."""
    return [path] if EXPERIMENT["animals"]["appearance"] else []


def with_recognition(path):
    """Return a file that there is only where animals are recognised by what is learnt from each video."""
    return [path] if EXPERIMENT["animals"]["recognition"] else []


def networks(fold):
    """List all files of the networks of a fold, one after another: those of its models and, top-down, of its locators.

    One list: Snakemake keeps much for each list that has a name, and ten thousand shards have these.
    """
    pattern = f"<results>/{{network}}/{fold}-{{seed}}/{{file}}"
    # Where nothing is trained, there are no training frames to measure the ranges of the 8-bit copy by.
    files = places.MODEL_FILES[: -1 if ADOPTED else None]
    return expand(pattern, network=NETWORKS, seed=SEEDS, file=files)


def fold_networks(wildcards):
    """List the `networks` of the fold of the wildcards."""
    return networks(wildcards.fold)


def member_of(fold, name):
    """Return a file of the first model of the ensemble of a fold."""
    return f"<results>/models/{fold}-{SEEDS[0]}/{name}"


def learnt(name, fold=ANALYST):
    """Return a table of what was learnt of the models of a fold from labels: here, or where an adopted bundle was."""
    return f"<results>/models/{fold}{f'-{SEEDS[0]}' if ADOPTED else ''}/{name}"


def adopting(wildcards):
    """Return what the adoption of a bundle reads: config, and what tells that its files are others."""
    read = {**stage("adopt_bundle"), "bundle": bundle_digest()}
    return whole_bundle(read, INITIAL) if wildcards.network == "whole" else read


def adopted_networks():
    """List the folders of adopted models: that which analyses, and that by which scales are measured, the last.

    The latter has all keypoints of the bundle, which knows by all of them how large animals are.
    """
    return ["models"] if uses_whole_bundle(EXPERIMENT, INITIAL) else ["models", "whole"]


def measuring_model():
    """List the files of the model by which scales are measured."""
    folder = f"<results>/{adopted_networks()[-1]}/{ANALYST}-{SEEDS[0]}"
    return [f"{folder}/{name}" for name in places.MODEL_FILES[:-1]]


@cache
def bundle_digest():
    """Return a digest of the bundle: of its metadata, which hold that of the weights, and of its tables."""
    return config_digest(
        {path.name: path.read_bytes().hex() for path in (INITIAL.json, *INITIAL.tables)}
    )


def adapted_video_files(wildcards):
    """List the files of the videos that an adopted bundle is trained further for; their fingerprints count."""
    return [ancient(source(VIDEOS[name]["path"])) for name in ADAPTED_TO]


def adapting(wildcards):
    """Return what the adaptation of a bundle reads: config, the animal that is rendered, and rows of the sheet."""
    rows = {
        name: {column: VIDEOS[name][column] for column in ("crop", "frames")}
        for name in ADAPTED_TO
    }
    animal = INITIAL.card()["animal"]
    return {**stage("adapt_bundle"), "animal": animal, "rows": rows}


def video_scale(wildcards):
    """Return the table of the scale that a video is analysed at, where its model is an adopted one."""
    return [f"<results>/scales/{wildcards.video}.parquet"] if ADOPTED else []


def frame_scales():
    """Return the table of the scales of labelled frames, where their model is an adopted one."""
    return ["<results>/labels/scales.parquet"] if ADOPTED else []


def measuring(wildcards):
    """Return what the measurement of the scale of a video reads: config and sheet."""
    row = VIDEOS[wildcards.video]
    return {**stage("measure_scale"), "crop": row["crop"], "frames": row["frames"]}


def members(pattern, folds):
    """List a file of each model of the ensembles of some folds."""
    return expand(pattern, fold=folds, seed=SEEDS)


def member_predictions(wildcards):
    """List the `predictions` tables of the models of a fold; with several animals one for all of them."""
    if not SINGLE:
        return [f"<results>/models/{wildcards.fold}/matched.parquet"]
    return members("<results>/models/{fold}-{seed}/predictions.parquet", wildcards.fold)


def member_metadata(wildcards):
    """List the metadata of the models of a fold."""
    return members("<results>/models/{fold}-{seed}/model.json", wildcards.fold)
