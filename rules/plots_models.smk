"""Plots of models: training, errors by keypoint, the worst test frames, reliability."""


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
    wildcard_constraints:
        fold=TESTED_FOLD,
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
    wildcard_constraints:
        fold=TESTED_FOLD,
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
    wildcard_constraints:
        fold=TESTED_FOLD,
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
