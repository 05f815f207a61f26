"""Poses: sharded analysis of the videos, assembly, tracking and smoothing."""


checkpoint plan_shards:
    input:
        probes=expand("<results>/videos/{video}/probe.parquet", video=VIDEOS),
        frames=expand("<results>/videos/{video}/frames.parquet", video=VIDEOS),
    output:
        "<results>/plan.parquet",
    log:
        "<logs>/plan_shards.log",
    benchmark:
        "<benchmarks>/plan_shards.jsonl"
    localrule: True
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(30),
    params:
        config={**stage("plan_shards"), "frames": frame_ranges()},
        code=code("plan_shards"),
    message:
        "Planning shards"
    script:
        "../scripts/plan_shards.py"


rule infer_shard:
    input:
        video=ancient(video_file),
        probe="<results>/videos/{video}/probe.parquet",
        frames="<results>/videos/{video}/frames.parquet",
        networks=networks(ANALYST),
    output:
        "<results>/shards/{video}/{start}-{stop}.parquet",
        *bottom_up("<results>/shards/{video}/{start}-{stop}.affinities.parquet"),
        *looks("<results>/shards/{video}/{start}-{stop}.descriptors.parquet"),
    log:
        "<logs>/infer_shard/{video}/{start}-{stop}.log",
    benchmark:
        "<benchmarks>/infer_shard/{video}/{start}-{stop}.jsonl"
    conda:
        "../envs/marey-cuda.yaml"
    threads: 8
    resources:
        mem_mb=growing(4000),
        runtime=growing(240),
        gpu=1,
    params:
        config=video_config("infer_shard", "crop"),
        code=code("infer_shard"),
    message:
        "Analysing {wildcards.video}, frames {wildcards.start} to {wildcards.stop}"
    script:
        "../scripts/infer_shard.py"


rule assemble_video:
    input:
        shards=shards,
        affinities=affinity_shards,
        descriptors=descriptor_shards,
        facts=[] if SINGLE else [member_of(ANALYST, "model.json")],
        graph=bottom_up(f"<results>/models/{ANALYST}/graph.parquet"),
        frames="<results>/videos/{video}/frames.parquet",
        calibration=f"<results>/models/{ANALYST}/calibration.parquet",
    output:
        "<results>/poses/{video}.parquet",
        *looks("<results>/appearances/{video}.parquet"),
    log:
        "<logs>/assemble_video/{video}.log",
    benchmark:
        "<benchmarks>/assemble_video/{video}.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        config=video_config("assemble_video", "frames"),
        code=code("assemble_video"),
    message:
        "Assembling {wildcards.video}"
    script:
        "../scripts/assemble_video.py"


rule track_video:
    input:
        poses="<results>/poses/{video}.parquet",
        appearances=looks("<results>/appearances/{video}.parquet"),
        frames="<results>/videos/{video}/frames.parquet",
        facts=member_of(ANALYST, "model.json"),
    output:
        tracks="<results>/tracks/{video}.parquet",
        review="<results>/review/{video}.parquet",
    log:
        "<logs>/track_video/{video}.log",
    benchmark:
        "<benchmarks>/track_video/{video}.jsonl"
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
