"""Plots: figures of videos, labels and models."""


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


rule plot_training:
    input:
        history="<results>/{network}/{fold}-{seed}/history.parquet",
    output:
        report(
            "<results>/figures/training/{network}/{fold}-{seed}.png",
            caption="../workflow/report/training.rst",
            category="Models",
            labels={
                "figure": "training curves",
                "model": "{network}, fold {fold}, seed {seed}",
            },
        ),
    log:
        "<logs>/plot_training/{network}-{fold}-{seed}.log",
    benchmark:
        "<benchmarks>/plot_training/{network}-{fold}-{seed}.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        config=stage("plot_training"),
        code=code("plot_training"),
    message:
        "Drawing training curves"
    script:
        "../scripts/plot_training.py"


rule plot_errors:
    input:
        predictions="<results>/models/{fold}/pooled.parquet",
        metrics="<results>/models/{fold}/metrics.parquet",
    output:
        report(
            "<results>/figures/errors/{fold}.png",
            caption="../workflow/report/errors.rst",
            category="Models",
            labels={
                "figure": "error by keypoint",
                "model": "fold {fold}",
            },
        ),
    log:
        "<logs>/plot_errors/{fold}.log",
    benchmark:
        "<benchmarks>/plot_errors/{fold}.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        config=stage("plot_errors"),
        code=code("plot_errors"),
    message:
        "Drawing errors by keypoint"
    script:
        "../scripts/plot_errors.py"


rule plot_worst_frames:
    input:
        dataset="<results>/labels/dataset.parquet",
        predictions="<results>/models/{fold}/pooled.parquet",
    output:
        report(
            "<results>/figures/worst_frames/{fold}.png",
            caption="../workflow/report/worst_frames.rst",
            category="Models",
            labels={
                "figure": "worst test frames",
                "model": "fold {fold}",
            },
        ),
    log:
        "<logs>/plot_worst_frames/{fold}.log",
    benchmark:
        "<benchmarks>/plot_worst_frames/{fold}.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        config=stage("plot_worst_frames"),
        code=code("plot_worst_frames"),
    message:
        "Drawing the worst test frames"
    script:
        "../scripts/plot_worst_frames.py"


rule plot_reliability:
    input:
        predictions="<results>/models/{fold}/pooled.parquet",
        metrics="<results>/models/{fold}/metrics.parquet",
    output:
        report(
            "<results>/figures/reliability/{fold}.png",
            caption="../workflow/report/reliability.rst",
            category="Models",
            labels={"figure": "reliability", "model": "fold {fold}"},
        ),
    log:
        "<logs>/plot_reliability/{fold}.log",
    benchmark:
        "<benchmarks>/plot_reliability/{fold}.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        config=stage("plot_reliability"),
        code=code("plot_reliability"),
    message:
        "Drawing how reliable confidence and sigma are"
    script:
        "../scripts/plot_reliability.py"
