"""Training: one model a job, by fold and seed."""


rule train_model:
    input:
        dataset="<results>/labels/dataset.parquet",
        splits="<results>/labels/splits.parquet",
        pretrained=pretrained_weights,
        bundle=initial_bundle_files,
    output:
        weights="<results>/{network}/{fold}-{seed}/model.safetensors",
        metadata="<results>/{network}/{fold}-{seed}/model.json",
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
