"""Tracking: who is who from frame to frame, and filtering in time."""


rule track_video:
    input:
        poses="<results>/poses/{video}.parquet",
        appearances=tracking_appearances,
        embeddings=with_recognition("<results>/embeddings/{video}.parquet"),
        frames="<results>/videos/{video}/frames.parquet",
        metadata=tracking_metadata,
    output:
        tracks="<results>/tracks/{video}.parquet",
        review="<results>/review/{video}.parquet",
        tracked="<results>/tracked/{video}.parquet",
    log:
        "<logs>/track_video/{video}.log",
    benchmark:
        "<benchmarks>/track_video/{video}.jsonl"
    priority: 1
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(120),
    params:
        config=tracking,
        code=code("track_video"),
    message:
        "Tracking {wildcards.video}"
    script:
        "../scripts/track_video.py"


rule smooth_video:
    input:
        tracks="<results>/tracks/{video}.parquet",
    output:
        "<results>/smoothed/{video}.parquet",
    log:
        "<logs>/smooth_video/{video}.log",
    benchmark:
        "<benchmarks>/smooth_video/{video}.jsonl"
    priority: 1
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        config=stage("smooth_video"),
        code=code("smooth_video"),
    message:
        "Smoothing {wildcards.video}"
    script:
        "../scripts/smooth_video.py"
