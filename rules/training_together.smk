"""Training of the models of all folds and seeds, one after another in one job (`train.together`)."""


rule train_models:
    input:
        dataset="<results>/labels/dataset.parquet",
        splits="<results>/labels/splits.parquet",
        pretrained=pretrained_weights,
        bundle=initial_bundle_files,
    output:
        weights=members("<results>/{{network}}/{fold}-{seed}/model.safetensors", FOLDS),
        metadata=members("<results>/{{network}}/{fold}-{seed}/model.json", FOLDS),
        history=members("<results>/{{network}}/{fold}-{seed}/history.parquet", FOLDS),
    log:
        "<logs>/train_models/{network}.log",
    benchmark:
        "<benchmarks>/train_models/{network}.jsonl"
    conda:
        "../envs/marey-cuda.yaml"
    threads: 8
    resources:
        mem_mb=growing(6000),
        runtime=growing(1440),
        gpu=1,
    params:
        config=training("train_models"),
        code=code("train_models"),
    message:
        "Training the {wildcards.network} of all folds and seeds"
    script:
        "../scripts/train_models.py"
