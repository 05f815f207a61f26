"""Input functions of models: which files the networks of a fold consist of."""


def pretrained_weights(wildcards):
    """Return the file that the trunk's weights come from, where the config names one."""
    name = EXPERIMENT["model"]["weights"]
    return source(name) if name else []


def bottom_up(path):
    """Return a file that there is only where animals are put together from keypoints."""
    return [path] if BOTTOM_UP else []


def with_appearance(path):
    """Return a file that there is only where appearance counts in tracking."""
    return [path] if EXPERIMENT["animals"]["appearance"] else []


def networks(fold):
    """List all files of the networks of a fold, one after another: those of its models and, top-down, of its locators.

    One list: Snakemake keeps much for each list that has a name, and ten thousand shards have these.
    """
    pattern = f"<results>/{{network}}/{fold}-{{seed}}/{{file}}"
    return expand(pattern, network=NETWORKS, seed=SEEDS, file=places.MODEL_FILES)


def fold_networks(wildcards):
    """List the `networks` of the fold of the wildcards."""
    return networks(wildcards.fold)


def member_of(fold, name):
    """Return a file of the first model of the ensemble of a fold."""
    return f"<results>/models/{fold}-{SEEDS[0]}/{name}"


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
