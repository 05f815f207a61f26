"""Models: the ONNX copies of a trained model."""


rule export_model:
    input:
        weights="<results>/{network}/{fold}-{seed}/model.safetensors",
        metadata="<results>/{network}/{fold}-{seed}/model.json",
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
        metadata="<results>/{network}/{fold}-{seed}/model.json",
        onnx_copy="<results>/{network}/{fold}-{seed}/model.onnx",
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
