"""Input functions of labels: the files of the sources, and the videos whose frames are labelled."""


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


def packing(wildcards):
    """Return what packing reads: config, and what tells that an image of the labels is another one."""
    return {
        **stage("pack_dataset"),
        "images": PACKED_IMAGES.fingerprint(_table("dataset")),
    }


def _table(name):
    """Return the path of a table of all labels."""
    return Path(workflow.pathvars.apply(f"<results>/labels/{name}.parquet"))


def page():
    """Return a digest of what the pages of labelling kits are made of: no Python, which `code` would count."""
    parts = sorted((ROOT / "workflow" / "marey" / "labelling" / "kit").iterdir())
    return config_digest({part.name: part.read_text("utf-8") for part in parts})


if workflow.is_main_process and LABELLED:
    PACKED_IMAGES.check(_table("dataset"), _table("labels"), DATA)
