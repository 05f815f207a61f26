"""Evaluation: what the models of a fold together say of the labelled frames, how far it can be trusted, and
how good labels and tracks are.
"""


rule calibrate_confidence:
    input:
        predictions=member_predictions,
        metadata=member_metadata,
    output:
        "<results>/models/{fold}/confidence_curves.parquet",
    log:
        "<logs>/calibrate_confidence/{fold}.log",
    benchmark:
        "<benchmarks>/calibrate_confidence/{fold}.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        config=stage("calibrate_confidence"),
        code=code("calibrate_confidence"),
    message:
        "Calibrating the confidence of fold {wildcards.fold}"
    script:
        "../scripts/calibrate_confidence.py"


rule pool_predictions:
    input:
        predictions=member_predictions,
        metadata=member_metadata,
        curves=learnt("confidence_curves.parquet", fold="{fold}"),
        scales=frame_scales(),
    output:
        "<results>/models/{fold}/pooled.parquet",
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


rule pool_folds:
    input:
        expand("<results>/models/{fold}/pooled.parquet", fold=FOLDS),
    output:
        "<results>/models/all/pooled.parquet",
    log:
        "<logs>/pool_folds.log",
    benchmark:
        "<benchmarks>/pool_folds.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        config=stage("pool_folds"),
        code=code("pool_folds"),
    message:
        "Pooling the test frames of all folds"
    script:
        "../scripts/pool_folds.py"


rule evaluate_model:
    input:
        predictions="<results>/models/{fold}/pooled.parquet",
    output:
        "<results>/models/{fold}/metrics.parquet",
    log:
        "<logs>/evaluate_model/{fold}.log",
    benchmark:
        "<benchmarks>/evaluate_model/{fold}.jsonl"
    wildcard_constraints:
        fold=TESTED_FOLD,
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
        "<results>/track_metrics/{video}.parquet",
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


rule check_labels:
    input:
        predictions=expand("<results>/models/{fold}/pooled.parquet", fold=FOLDS),
        labels="<results>/labels/labels.parquet",
        reprojected=reprojected_labels,
    output:
        "<results>/labels/suspects.parquet",
    log:
        "<logs>/check_labels.log",
    benchmark:
        "<benchmarks>/check_labels.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        config=stage("check_labels"),
        code=code("check_labels"),
    message:
        "Looking for suspicious labels"
    script:
        "../scripts/check_labels.py"
