"""Labelling: frames that are worth a label."""


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
