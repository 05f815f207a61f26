"""Models: training, and prediction of the labelled frames."""

if EXPERIMENT["train"]["together"]:

    rule train_models:
        input:
            dataset="<results>/labels/dataset.parquet",
            splits="<results>/labels/splits.parquet",
            pretrained=pretrained_weights,
        output:
            weights=members(
                "<results>/{{network}}/{fold}-{seed}/model.safetensors", FOLDS
            ),
            facts=members("<results>/{{network}}/{fold}-{seed}/model.json", FOLDS),
            history=members(
                "<results>/{{network}}/{fold}-{seed}/history.parquet", FOLDS
            ),
        log:
            "<logs>/train_models/{network}.log",
        benchmark:
            "<benchmarks>/train_models/{network}.jsonl"
        conda:
            "../envs/marey-cuda.yaml"
        threads: 8
        resources:
            mem_mb=growing(16000),
            runtime=growing(1440),
            gpu=1,
        params:
            config=training("train_models"),
            code=code("train_models"),
        message:
            "Training the {wildcards.network} of all folds and seeds"
        script:
            "../scripts/train_models.py"

else:

    rule train_model:
        input:
            dataset="<results>/labels/dataset.parquet",
            splits="<results>/labels/splits.parquet",
            pretrained=pretrained_weights,
        output:
            weights="<results>/{network}/{fold}-{seed}/model.safetensors",
            facts="<results>/{network}/{fold}-{seed}/model.json",
            history="<results>/{network}/{fold}-{seed}/history.parquet",
        log:
            "<logs>/train_model/{network}-{fold}-{seed}.log",
        benchmark:
            "<benchmarks>/train_model/{network}-{fold}-{seed}.jsonl"
        conda:
            "../envs/marey-cuda.yaml"
        threads: 8
        resources:
            mem_mb=growing(6000),
            runtime=growing(720),
            gpu=1,
        params:
            config=training("train_model"),
            code=code("train_model"),
        message:
            "Training one of the {wildcards.network}: fold {wildcards.fold}, seed {wildcards.seed}"
        script:
            "../scripts/train_model.py"


rule export_model:
    input:
        weights="<results>/{network}/{fold}-{seed}/model.safetensors",
        facts="<results>/{network}/{fold}-{seed}/model.json",
    output:
        "<results>/{network}/{fold}-{seed}/model.onnx",
    log:
        "<logs>/export_model/{network}-{fold}-{seed}.log",
    benchmark:
        "<benchmarks>/export_model/{network}-{fold}-{seed}.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        config=stage("export_model"),
        code=code("export_model"),
    message:
        "Exporting one of the {wildcards.network} to ONNX: fold {wildcards.fold}, seed {wildcards.seed}"
    script:
        "../scripts/export_model.py"


rule quantise_model:
    input:
        dataset="<results>/labels/dataset.parquet",
        splits="<results>/labels/splits.parquet",
        weights="<results>/{network}/{fold}-{seed}/model.safetensors",
        facts="<results>/{network}/{fold}-{seed}/model.json",
        twin="<results>/{network}/{fold}-{seed}/model.onnx",
    output:
        "<results>/{network}/{fold}-{seed}/model.int8.onnx",
    log:
        "<logs>/quantise_model/{network}-{fold}-{seed}.log",
    benchmark:
        "<benchmarks>/quantise_model/{network}-{fold}-{seed}.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 2
    resources:
        mem_mb=growing(4000),
        runtime=growing(30),
    params:
        config=stage("quantise_model"),
        code=code("quantise_model"),
    message:
        "Rounding one of the {wildcards.network} to 8 bits: fold {wildcards.fold}, seed {wildcards.seed}"
    script:
        "../scripts/quantise_model.py"


rule predict_frames:
    input:
        dataset="<results>/labels/dataset.parquet",
        splits="<results>/labels/splits.parquet",
        weights="<results>/models/{fold}-{seed}/model.safetensors",
        facts="<results>/models/{fold}-{seed}/model.json",
        twin="<results>/models/{fold}-{seed}/model.onnx",
        quantised="<results>/models/{fold}-{seed}/model.int8.onnx",
    output:
        "<results>/models/{fold}-{seed}/predictions.parquet",
    log:
        "<logs>/predict_frames/{fold}-{seed}.log",
    benchmark:
        "<benchmarks>/predict_frames/{fold}-{seed}.jsonl"
    conda:
        "../envs/marey-cuda.yaml"
    threads: 8
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
        gpu=1,
    params:
        config=stage("predict_frames"),
        code=code("predict_frames"),
    message:
        "Predicting the labelled frames: fold {wildcards.fold}, seed {wildcards.seed}"
    script:
        "../scripts/predict_frames.py"
