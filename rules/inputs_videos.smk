"""Input functions of what is made of videos: their files, the plan of their shards, and tables by video."""


def video_file(wildcards):
    """Return the file of a video, for rules `ancient`: its time does not count, but its `fingerprint` does (`probing`)."""
    if wildcards.video not in VIDEOS:
        raise ValueError(f"video '{wildcards.video}' is not in the sheet")
    return source(VIDEOS[wildcards.video]["path"])


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


def posed_videos():
    """List the videos that get poses, once it is known which can be used: by a network here, or from another tool."""
    usable = [video for video in plan() if not crop_fault(video)]
    return [video for video in usable if NEEDS_NETWORKS or video in PREDICTED]


def probing(wildcards):
    """Return what probing reads of a video: config, sheet, and what tells that the file is another one."""
    return {
        **_video_config("probe_video", "path", wildcards),
        "fingerprint": _fingerprint(wildcards.video),
    }


@cache
def _fingerprint(video):
    return fingerprint(VIDEOS[video]["path"], f"<results>/videos/{video}/probe.parquet")


def fingerprint(path, probe):
    """Return what tells that a video, by its path in `data`, is another one; `probe` is where its table `probe` is."""
    probed = partial(_probed, Path(workflow.pathvars.apply(probe)))
    return FINGERPRINTS.of(DATA / path, probed)


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


if workflow.is_main_process:
    for name in PRESENT:
        _fingerprint(name)
    FINGERPRINTS.save()
