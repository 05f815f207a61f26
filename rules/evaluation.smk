"""Evaluation: figures of merit on the labelled frames."""


rule evaluate_model:
    input:
        predictions="<results>/models/{fold}-{seed}/predictions.parquet",
    output:
        "<results>/models/{fold}-{seed}/metrics.parquet",
    log:
        "<logs>/evaluate_model/{fold}-{seed}.log",
    benchmark:
        "<benchmarks>/evaluate_model/{fold}-{seed}.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=60,
    params:
        config=stage("evaluate_model"),
        code=code("evaluate_model"),
    message:
        "Evaluating fold {wildcards.fold}, seed {wildcards.seed}"
    script:
        "../scripts/evaluate_model.py"


rule plot_errors:
    input:
        predictions="<results>/models/{fold}-{seed}/predictions.parquet",
        metrics="<results>/models/{fold}-{seed}/metrics.parquet",
    output:
        report(
            "<results>/figures/errors/{fold}-{seed}.png",
            caption="../workflow/report/errors.rst",
            category="Models",
            labels={
                "figure": "error by keypoint",
                "model": "fold {fold}, seed {seed}",
            },
        ),
    log:
        "<logs>/plot_errors/{fold}-{seed}.log",
    benchmark:
        "<benchmarks>/plot_errors/{fold}-{seed}.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=30,
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
        predictions="<results>/models/{fold}-{seed}/predictions.parquet",
    output:
        report(
            "<results>/figures/worst_frames/{fold}-{seed}.png",
            caption="../workflow/report/worst_frames.rst",
            category="Models",
            labels={
                "figure": "worst test frames",
                "model": "fold {fold}, seed {seed}",
            },
        ),
    log:
        "<logs>/plot_worst_frames/{fold}-{seed}.log",
    benchmark:
        "<benchmarks>/plot_worst_frames/{fold}-{seed}.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=30,
    params:
        config=stage("plot_worst_frames"),
        code=code("plot_worst_frames"),
    message:
        "Drawing the worst test frames"
    script:
        "../scripts/plot_worst_frames.py"
