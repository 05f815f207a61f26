"""Evaluation: what the models of a fold together say of the labelled frames, and how far it can be trusted; how
good tracks are."""


rule calibrate_model:
    input:
        predictions=member_predictions,
        facts=member_facts,
    output:
        "<results>/models/{fold}/calibration.parquet",
    log:
        "<logs>/calibrate_model/{fold}.log",
    benchmark:
        "<benchmarks>/calibrate_model/{fold}.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        config=stage("calibrate_model"),
        code=code("calibrate_model"),
    message:
        "Calibrating fold {wildcards.fold}"
    script:
        "../scripts/calibrate_model.py"


rule pool_predictions:
    input:
        predictions=member_predictions,
        facts=member_facts,
        calibration="<results>/models/{fold}/calibration.parquet",
    output:
        "<results>/models/{fold}/predictions.parquet",
    log:
        "<logs>/pool_predictions/{fold}.log",
    benchmark:
        "<benchmarks>/pool_predictions/{fold}.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        config=stage("pool_predictions"),
        code=code("pool_predictions"),
    message:
        "Pooling the predictions of fold {wildcards.fold}"
    script:
        "../scripts/pool_predictions.py"


rule evaluate_model:
    input:
        predictions="<results>/models/{fold}/predictions.parquet",
    output:
        "<results>/models/{fold}/metrics.parquet",
    log:
        "<logs>/evaluate_model/{fold}.log",
    benchmark:
        "<benchmarks>/evaluate_model/{fold}.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        config=stage("evaluate_model"),
        code=code("evaluate_model"),
    message:
        "Evaluating fold {wildcards.fold}"
    script:
        "../scripts/evaluate_model.py"


rule evaluate_tracks:
    input:
        tracks="<results>/tracks/{video}.parquet",
        labels="<results>/labels/labels.parquet",
    output:
        "<results>/tracks/{video}.metrics.parquet",
    log:
        "<logs>/evaluate_tracks/{video}.log",
    benchmark:
        "<benchmarks>/evaluate_tracks/{video}.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        config=video_config("evaluate_tracks", "frames"),
        code=code("evaluate_tracks"),
    message:
        "Evaluating the tracks of {wildcards.video}"
    script:
        "../scripts/evaluate_tracks.py"


rule plot_errors:
    input:
        predictions="<results>/models/{fold}/predictions.parquet",
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
        predictions="<results>/models/{fold}/predictions.parquet",
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


rule plot_calibration:
    input:
        predictions="<results>/models/{fold}/predictions.parquet",
        metrics="<results>/models/{fold}/metrics.parquet",
    output:
        report(
            "<results>/figures/calibration/{fold}.png",
            caption="../workflow/report/calibration.rst",
            category="Models",
            labels={"figure": "reliability", "model": "fold {fold}"},
        ),
    log:
        "<logs>/plot_calibration/{fold}.log",
    benchmark:
        "<benchmarks>/plot_calibration/{fold}.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        config=stage("plot_calibration"),
        code=code("plot_calibration"),
    message:
        "Drawing how reliable confidence and sigma are"
    script:
        "../scripts/plot_calibration.py"
