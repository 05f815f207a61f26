"""Input functions: which files the rules read. Snakemake's lint wants functions apart from rules."""


def video_file(wildcards):
    """Return the file of a video, for rules `ancient`: its time does not count, but its `fingerprint` does (`probing`)."""
    if wildcards.video not in VIDEOS:
        raise ValueError(f"video '{wildcards.video}' is not in the sheet")
    return source(VIDEOS[wildcards.video]["path"])


def pretrained_weights(wildcards):
    """Return the file that the trunk's weights come from, where the config names one."""
    name = EXPERIMENT["model"]["weights"]
    return source(name) if name else []


def subjects():
    """Return the subject of each video, where splits ask for it."""
    by_subject = EXPERIMENT["split"]["group_by"] == "subject"
    return sheet_column("subject") if by_subject else {}


@cache
def _plan(path, modified):
    import pyarrow.parquet

    shards = {}
    try:
        for row in pyarrow.parquet.read_table(path).to_pylist():
            shard = f"{row['start']}-{row['stop']}"
            shards.setdefault(row["video"], []).append(shard)
    except (OSError, LookupError, pyarrow.ArrowException) as error:
        raise ValueError(
            f"{path}: not a whole 'plan' table ({error}). Delete it and run again."
        ) from None
    return shards


def plan():
    """Read the shards of each video that can be analysed, once it is known: {video: ["start-stop", ...]}."""
    path = checkpoints.plan_shards.get().output[0]
    return _plan(path, Path(path).stat().st_mtime_ns)


def planned_shards(video):
    """List the shards of a video; ValueError, which says why, where it has none."""
    planned = plan()  # first: with it, all videos are probed
    if fault := crop_fault(video):
        raise ValueError(f"video '{video}': {fault}")
    if video not in planned:
        raise ValueError(
            f"video '{video}' is not analysed: its file, or what the sheet asks of it, is faulty; the report and the "
            "log of plan_shards say how"
        )
    return planned[video]


@cache
def crop_fault(video):
    """Say what is wrong with the crop of a video that was probed, once, "" where nothing is: it stops this one alone."""
    import pyarrow.parquet

    crop, path = VIDEOS[video]["crop"], f"<results>/videos/{video}/probe.parquet"
    if not crop:
        return ""
    try:
        probe = pyarrow.parquet.read_table(workflow.pathvars.apply(path))
        size = probe["width"][0].as_py(), probe["height"][0].as_py()
    except (OSError, LookupError, pyarrow.ArrowException):
        return ""  # the jobs that read it say what is wrong
    fault = part_fault(frames=None, crop=crop, count=1, size=size)
    if not fault:
        return ""
    said = f"the sheet asks for {fault}. Correct its row."
    print(f"Not analysed: video '{video}': {said}", file=sys.stderr)
    return said


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


def shards(wildcards):
    """List the detections of every shard of a video."""
    return expand(
        "<results>/detections/{video}/{shard}.parquet",
        video=wildcards.video,
        shard=planned_shards(wildcards.video),
    )


def affinity_shards(wildcards):
    """List the affinities of every shard of a video whose animals are put together bottom-up."""
    pattern = "<results>/affinities/{video}/{shard}.parquet"
    paths = expand(
        pattern, video=wildcards.video, shard=planned_shards(wildcards.video)
    )
    return paths if BOTTOM_UP else []


def descriptor_shards(wildcards):
    """List the descriptors of every shard of a video whose animals' appearance counts."""
    pattern = "<results>/descriptors/{video}/{shard}.parquet"
    paths = expand(
        pattern, video=wildcards.video, shard=planned_shards(wildcards.video)
    )
    return paths if EXPERIMENT["animals"]["appearance"] else []


def tracking(wildcards):
    """Return what tracking reads of a video: config, sheet and corrections."""
    video = wildcards.video
    return tracking_config(
        EXPERIMENT,
        VIDEOS[video],
        CORRECTIONS.get(video, []),
        predicted=video in PREDICTED,
    )


def tracking_metadata(wildcards):
    """Return the metadata of the model that a video was analysed with; another tool's poses come without."""
    if wildcards.video in PREDICTED:
        return []
    return [member_of(ANALYST, "model.json")]


def tracking_appearances(wildcards):
    """Return what the animals of a video look like, where that counts; another tool's poses come without."""
    if wildcards.video in PREDICTED:
        return []
    return with_appearance(f"<results>/appearances/{wildcards.video}.parquet")


def prediction_files(wildcards):
    """List the files that the predictions of a video come from."""
    entry = PREDICTED[wildcards.video]
    return files_of(entry, sources.PREDICTIONS)


def predicting(wildcards):
    """Return what ingestion reads of the predictions of a video: config, sheet and the source that holds them."""
    return {
        **_video_config("ingest_predictions", "frames", wildcards),
        "source": PREDICTED[wildcards.video],
    }


def member_predictions(wildcards):
    """List the `predictions` tables of the models of a fold; with several animals one for all of them."""
    if not SINGLE:
        return [f"<results>/models/{wildcards.fold}/matched.parquet"]
    return members("<results>/models/{fold}-{seed}/predictions.parquet", wildcards.fold)


def member_metadata(wildcards):
    """List the metadata of the models of a fold."""
    return members("<results>/models/{fold}-{seed}/model.json", wildcards.fold)


def probing(wildcards):
    """Return what probing reads of a video: config, sheet, and what tells that the file is another one."""
    return {
        **_video_config("probe_video", "path", wildcards),
        "fingerprint": _fingerprint(wildcards.video),
    }


@cache
def _fingerprint(video):
    probe = workflow.pathvars.apply(f"<results>/videos/{video}/probe.parquet")
    return FINGERPRINTS.of(DATA / VIDEOS[video]["path"], partial(_probed, Path(probe)))


def _probed(path):
    if not path.exists():
        return None
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(path, columns=["content_hash"])
        made = json.loads((table.schema.metadata or {}).get(b"provenance", b"{}"))
        fingerprint = made.get("config", {}).get("fingerprint", "")
        content, time = table["content_hash"][0].as_py(), path.stat().st_mtime_ns
        return Probed(content, fingerprint, time)
    except (OSError, LookupError, pyarrow.ArrowException):
        return None  # broken


def _table(name):
    """Return the path of a table of all labels."""
    return Path(workflow.pathvars.apply(f"<results>/labels/{name}.parquet"))


if workflow.is_main_process:
    for name in PRESENT:
        _fingerprint(name)
    FINGERPRINTS.save()
    if EXPERIMENT["labels"]["sources"]:
        PACKED_IMAGES.check(_table("dataset"), _table("labels"), DATA)


def packing(wildcards):
    """Return what packing reads: config, and what tells that an image of the labels is another one."""
    return {
        **stage("pack_dataset"),
        "images": PACKED_IMAGES.fingerprint(_table("dataset")),
    }


def label_files(wildcards):
    """List the files that the label sources consist of, images apart."""
    return [
        path
        for entry in EXPERIMENT["labels"]["sources"]
        for path in files_of(entry, sources.LABELS)
    ]


def files_of(entry, key):
    """List the files of a source, as inputs; `key` of the config names it."""
    return [
        source(path.relative_to(DATA) if path.is_relative_to(DATA) else path)
        for path in sources.inputs(entry, DATA, key)
    ]


def labelled_videos(wildcards):
    """List the ids of the videos of the sheet whose frames, rather than image files, are labelled.

    A missing one is among them as long as its frames lie in a dataset that no label file is younger than: Snakemake
    keeps what is there where inputs are missing. Otherwise its labels are faults, which name it.
    """
    named = {
        video
        for entry in EXPERIMENT["labels"]["sources"]
        for video in sources.describe(entry, DATA).videos
    } & set(VIDEOS)
    return sorted(named if _packed() else named - set(MISSING))


def _packed():
    """Whether there is a dataset, and no label file is younger."""
    path = _table("dataset")
    times = [Path(name).stat().st_mtime for name in label_files(None)]
    return path.exists() and path.stat().st_mtime >= max(times, default=0)


def labelled_video_files(wildcards):
    """List the files of `labelled_videos`."""
    return [source(VIDEOS[video]["path"]) for video in labelled_videos(wildcards)]


def labelled_video_probes(wildcards):
    """List the `probe` tables of `labelled_videos`."""
    return expand(
        "<results>/videos/{video}/probe.parquet", video=labelled_videos(wildcards)
    )


def labelled_video_frames(wildcards):
    """List the `frames` tables of `labelled_videos`."""
    return expand(
        "<results>/videos/{video}/frames.parquet", video=labelled_videos(wildcards)
    )


def page():
    """Return a digest of what the pages of labelling kits are made of: no Python, which `code` would count."""
    parts = sorted((ROOT / "workflow" / "marey" / "labelling" / "kit").iterdir())
    return config_digest({part.name: part.read_text("utf-8") for part in parts})


def posed_videos():
    """List the videos that get poses, once it is known which can be used: by a network here, or from another tool."""
    usable = [video for video in plan() if not crop_fault(video)]
    return [video for video in usable if NEEDS_NETWORKS or video in PREDICTED]


def predicted_poses(wildcards):
    """List the poses of all videos, which a labelling kit shows as predictions."""
    videos = posed_videos() if NEEDS_NETWORKS or PREDICTED else []
    return expand("<results>/smoothed/{video}.parquet", video=videos)
