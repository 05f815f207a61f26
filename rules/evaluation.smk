"""Evaluation: what the models of a fold together say of the labelled frames, how far it can be trusted, and how
good labels and tracks are."""


def member_predictions(wildcards):
    """The `predictions` tables of the models of a fold; with several animals one for all of them."""
    if not SINGLE:
        return [f"<results>/models/{wildcards.fold}/matched.parquet"]
    return members("<results>/models/{fold}-{seed}/predictions.parquet", wildcards.fold)


def member_facts(wildcards):
    """The facts of the models of a fold."""
    return members("<results>/models/{fold}-{seed}/model.json", wildcards.fold)


rule calibrate_confidence:
    input:
        predictions=member_predictions,
        facts=member_facts,
    output:
        "<results>/models/{fold}/calibration.parquet",
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
        "Calibrating fold {wildcards.fold}"
    script:
        "../scripts/calibrate_confidence.py"


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


rule check_labels:
    input:
        predictions=expand("<results>/models/{fold}/predictions.parquet", fold=FOLDS),
        labels="<results>/labels/labels.parquet",
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
