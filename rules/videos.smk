"""Videos: probing each, and the plan of their shards."""


rule probe_video:
    input:
        video=ancient(video_file),
    output:
        probe="<results>/videos/{video}/probe.parquet",
        frames="<results>/videos/{video}/frames.parquet",
    log:
        "<logs>/probe_video/{video}.log",
    benchmark:
        "<benchmarks>/probe_video/{video}.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(240),
    params:
        config=probing,
        code=code("probe_video"),
    message:
        "Probing video {wildcards.video}"
    script:
        "../scripts/probe_video.py"


checkpoint plan_shards:
    input:
        probes=expand("<results>/videos/{video}/probe.parquet", video=PRESENT),
        frames=expand("<results>/videos/{video}/frames.parquet", video=PRESENT),
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
        config={**stage("plan_shards"), "frames": sheet_column("frames")},
        code=code("plan_shards"),
    message:
        "Planning shards"
    script:
        "../scripts/plan_shards.py"
