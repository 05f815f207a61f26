"""Plots of what goes in: videos, frames worth a label, labels and augmented examples."""


rule plot_videos:
    input:
        probes=expand("<results>/videos/{video}/probe.parquet", video=PRESENT),
    output:
        report(
            "<results>/figures/videos.png",
            caption="../workflow/report/videos.rst",
            category="Videos",
            labels={"figure": "what was found in the files"},
        ),
    log:
        "<logs>/plot_videos.log",
    benchmark:
        "<benchmarks>/plot_videos.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        config=stage("plot_videos"),
        code=code("plot_videos"),
    message:
        "Drawing the table of videos"
    script:
        "../scripts/plot_videos.py"


rule plot_sampled:
    input:
        samples="<results>/samples.parquet",
    output:
        report(
            "<results>/figures/sampled.png",
            caption="../workflow/report/sampled.rst",
            category="Labels",
            labels={"figure": "frames worth labelling"},
        ),
    log:
        "<logs>/plot_sampled.log",
    benchmark:
        "<benchmarks>/plot_sampled.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        config=stage("plot_sampled"),
        code=code("plot_sampled"),
    message:
        "Drawing the sampled frames"
    script:
        "../scripts/plot_sampled.py"


rule plot_outliers:
    input:
        outliers="<results>/outliers.parquet",
        samples="<results>/outliers/samples.parquet",
    output:
        report(
            "<results>/figures/outliers.png",
            caption="../workflow/report/outliers.rst",
            category="Labels",
            labels={"figure": "frames to label next"},
        ),
    log:
        "<logs>/plot_outliers.log",
    benchmark:
        "<benchmarks>/plot_outliers.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        config=stage("plot_outliers"),
        code=code("plot_outliers"),
    message:
        "Drawing the frames to label next"
    script:
        "../scripts/plot_outliers.py"


rule plot_suspects:
    input:
        dataset="<results>/labels/dataset.parquet",
        suspects="<results>/labels/suspects.parquet",
    output:
        report(
            "<results>/figures/suspects.png",
            caption="../workflow/report/suspects.rst",
            category="Labels",
            labels={"figure": "suspicious labels"},
        ),
    log:
        "<logs>/plot_suspects.log",
    benchmark:
        "<benchmarks>/plot_suspects.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        config=stage("plot_suspects"),
        code=code("plot_suspects"),
    message:
        "Drawing the most suspicious labels"
    script:
        "../scripts/plot_suspects.py"


rule plot_augmented:
    input:
        dataset="<results>/labels/dataset.parquet",
        splits="<results>/labels/splits.parquet",
    output:
        report(
            "<results>/figures/augmented.png",
            caption="../workflow/report/augmented.rst",
            category="Models",
            labels={"figure": "augmented training examples"},
        ),
    log:
        "<logs>/plot_augmented.log",
    benchmark:
        "<benchmarks>/plot_augmented.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        config=stage("plot_augmented"),
        code=code("plot_augmented"),
    message:
        "Drawing augmented examples"
    script:
        "../scripts/plot_augmented.py"
