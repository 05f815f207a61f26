"""What rules give as `params` and `resources`: parts of the config, digests of the code, memory and time."""

PATHVARS = workflow.pathvars


def given(function, *arguments):
    """Return a `partial` with its signature worked out: Snakemake asks for that of each function some times a job."""
    rest = partial(function, *arguments)
    rest.__signature__ = inspect.signature(rest)
    return rest


@cache
def stage(name):
    """Return the config that a stage reads: its `params.config`. All its jobs share one dict."""
    return stage_config(EXPERIMENT, name)


def training(name):
    """Return the config that the training of a network reads, as a function of the wildcards."""
    return given(_training, name)


def _training(name, wildcards):
    read = stage("train_locator" if wildcards.network == "locators" else name)
    bundle = {"bundle": bundle_digest(), "card": said_of(INITIAL)} if INITIAL else {}
    return {**read, **bundle}


def code(name):
    """Return the digest of a stage's script and of what it imports, as a function of the wildcards: its `params.code`.

    A job on a cluster parses all rules but asks for the digest of its own alone: all of them take a second.
    """
    return given(_code, name)


@cache
def _digest(name):
    script = ROOT / "scripts" / f"{name}.py"
    return code_digest(script, loaded_modules(EXPERIMENT, name), CODE)


def _code(name, wildcards):
    return _digest(name)


def growing(amount):
    """Return memory (MB) or time (minutes) that grows with every attempt."""
    return given(_grow, amount)


def _grow(amount, wildcards, attempt):
    return amount * attempt


def video_config(name, column):
    """Return `stage(name)` as a function of the wildcards, with a column of the video's row of the sheet."""
    return given(_video_config, name, column)


def _video_config(name, column, wildcards):
    return {**stage(name), column: VIDEOS[wildcards.video][column]}


def sheet_column(column):
    """Return a column of the sheet by video, of the videos that have something in it."""
    return {name: row[column] for name, row in sorted(VIDEOS.items()) if row[column]}


def subjects():
    """Return the subject of each video, where splits ask for it."""
    by_subject = EXPERIMENT["split"]["group_by"] == "subject"
    return sheet_column("subject") if by_subject else {}


def tracking(wildcards):
    """Return what tracking reads of a video: config, sheet and corrections."""
    video = wildcards.video
    return tracking_config(
        EXPERIMENT,
        VIDEOS[video],
        CORRECTIONS.get(video, []),
        predicted=video in PREDICTED,
    )


def recognising(wildcards):
    """Return what the learning of embeddings reads of a video: config and sheet."""
    video = wildcards.video
    return recognition_config(EXPERIMENT, VIDEOS[video], predicted=video in PREDICTED)


def predicting(wildcards):
    """Return what ingestion reads of the predictions of a video: config, sheet and the source that holds them."""
    return {
        **_video_config("ingest_predictions", "frames", wildcards),
        "source": PREDICTED[wildcards.video],
    }


def exporting(wildcards):
    """Return the config that the export of a video reads."""
    return export_config(EXPERIMENT, wildcards.format, VIDEOS[wildcards.video])


def exporting_code(wildcards):
    """Return the digest of an export: of its format's module alone, so that an edit of one runs no other again."""
    names = {"video": "export_poses", "session": "export_session"}
    name = next(
        (names[key] for key in wildcards.keys() if key in names), "export_labels"
    )
    return _export_digest(name, wildcards.format)


@cache
def _export_digest(name, format):
    return code_digest(ROOT / "scripts" / f"{name}.py", export_modules(name, format))


def exporting_environment(wildcards):
    """Return the conda file of a format: NWB needs packages that nothing else does."""
    return f"../envs/{'exports' if wildcards.format == 'nwb' else 'marey'}.yaml"
