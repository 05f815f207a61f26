"""Labelling: frames that are worth a label, and the pages that people label them in."""


rule sample_frames:
    input:
        videos=ancient([source(VIDEOS[video]["path"]) for video in PRESENT]),
        probes=expand("<results>/videos/{video}/probe.parquet", video=PRESENT),
        frames=expand("<results>/videos/{video}/frames.parquet", video=PRESENT),
        labels=(
            "<results>/labels/labels.parquet"
            if EXPERIMENT["labels"]["sources"]
            else []
        ),
    output:
        "<results>/samples.parquet",
    log:
        "<logs>/sample_frames.log",
    benchmark:
        "<benchmarks>/sample_frames.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(240),
    params:
        config={**stage("sample_frames"), "frames": sheet_column("frames")},
        code=code("sample_frames"),
    message:
        "Sampling frames to label"
    script:
        "../scripts/sample_frames.py"


rule find_outliers:
    input:
        videos=ancient(posed_video_files),
        probes=posed_video_probes,
        frames=posed_video_frames,
        poses=predicted_poses,
        labels=labels_and_splits("labels"),
        splits=labels_and_splits("splits"),
    output:
        outliers="<results>/outliers.parquet",
        samples="<results>/outliers/samples.parquet",
    log:
        "<logs>/find_outliers.log",
    benchmark:
        "<benchmarks>/find_outliers.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(6000),
        runtime=growing(240),
    params:
        config={**stage("find_outliers"), "frames": sheet_column("frames")},
        code=code("find_outliers"),
    message:
        "Finding the frames that most need a label"
    script:
        "../scripts/find_outliers.py"


rule labeling_kit:
    input:
        samples=frames_to_label,
        poses=predicted_poses,
        reprojected=reprojected_labels if SUGGESTS else [],
    output:
        KITS,
    log:
        "<logs>/labeling_kit.log",
    benchmark:
        "<benchmarks>/labeling_kit.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        config={**stage("labeling_kit"), "page": page()},
        code=code("labeling_kit"),
    message:
        "Writing the labelling kit"
    script:
        "../scripts/labeling_kit.py"
