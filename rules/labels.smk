"""Labels: from any format into one table, split into parts, packed with their images."""


def label_files(wildcards):
    """List the files that the label sources consist of, images apart."""
    return [
        source(path.relative_to(DATA) if path.is_relative_to(DATA) else path)
        for name in EXPERIMENT["labels"]["sources"]
        for path in sources.inputs(name, DATA)
    ]


def labelled_videos(wildcards):
    """List the ids of the videos of the sheet whose frames, rather than image files, are labelled.

    A missing one is among them as long as its frames lie in a dataset that no label file is younger than: Snakemake
    keeps what is there where inputs are missing. Otherwise its labels are faults, which name it.
    """
    named = {
        video
        for name in EXPERIMENT["labels"]["sources"]
        for video in sources.videos(name, DATA)
    } & set(VIDEOS)
    return sorted(named if _packed() else named - set(MISSING))


def _packed():
    """Whether there is a dataset, and no label file is younger."""
    path = Path(workflow.pathvars.apply("<results>/labels/dataset.parquet"))
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


rule ingest_labels:
    input:
        labels=label_files,
        probes=labelled_video_probes,
    output:
        labels="<results>/labels/labels.parquet",
        dropped="<results>/labels/dropped.parquet",
    log:
        "<logs>/ingest_labels.log",
    benchmark:
        "<benchmarks>/ingest_labels.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        config=stage("ingest_labels"),
        code=code("ingest_labels"),
    message:
        "Ingesting labels"
    script:
        "../scripts/ingest_labels.py"


rule split_labels:
    input:
        labels="<results>/labels/labels.parquet",
    output:
        "<results>/labels/splits.parquet",
    log:
        "<logs>/split_labels.log",
    benchmark:
        "<benchmarks>/split_labels.jsonl"
    localrule: True
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(30),
    params:
        config={**stage("split_labels"), "subjects": subjects()},
        code=code("split_labels"),
    message:
        "Splitting labels into train, validation and test"
    script:
        "../scripts/split_labels.py"


rule pack_dataset:
    input:
        labels="<results>/labels/labels.parquet",
        videos=ancient(labelled_video_files),
        frames=labelled_video_frames,
    output:
        "<results>/labels/dataset.parquet",
    log:
        "<logs>/pack_dataset.log",
    benchmark:
        "<benchmarks>/pack_dataset.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(120),
    params:
        config=stage("pack_dataset"),
        code=code("pack_dataset"),
    message:
        "Packing labelled frames"
    script:
        "../scripts/pack_dataset.py"
