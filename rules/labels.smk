"""Labels: from any format into one table, split into parts, packed with their images."""


rule ingest_labels:
    input:
        labels=label_files,
        probes=labelled_video_probes,
        videos=ancient(labelled_video_files),
        frames=labelled_video_frames,
    output:
        labels="<results>/labels/labels.parquet",
        dropped="<results>/labels/dropped.parquet",
        images="<results>/labels/label_images.parquet",
        disagreements="<results>/labels/disagreements.parquet",
    log:
        "<logs>/ingest_labels.log",
    benchmark:
        "<benchmarks>/ingest_labels.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        config={**stage("ingest_labels"), "left_out": EXPERIMENT["left_out"]},
        code=code("ingest_labels"),
    message:
        "Ingesting labels"
    script:
        "../scripts/ingest_labels.py"


rule split_labels:
    input:
        labels="<results>/labels/labels.parquet",
    output:
        "<results>/labels/splits.parquet",
    log:
        "<logs>/split_labels.log",
    benchmark:
        "<benchmarks>/split_labels.jsonl"
    localrule: True
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(30),
    params:
        config={**stage("split_labels"), "subjects": subjects()},
        code=code("split_labels"),
    message:
        "Splitting labels into train, validation and test"
    script:
        "../scripts/split_labels.py"


rule pack_dataset:
    input:
        labels="<results>/labels/labels.parquet",
        images="<results>/labels/label_images.parquet",
        videos=ancient(labelled_video_files),
        frames=labelled_video_frames,
    output:
        "<results>/labels/dataset.parquet",
    log:
        "<logs>/pack_dataset.log",
    benchmark:
        "<benchmarks>/pack_dataset.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(120),
    params:
        config=packing,
        code=code("pack_dataset"),
    message:
        "Packing labelled frames"
    script:
        "../scripts/pack_dataset.py"


rule ingest_predictions:
    input:
        predictions=prediction_files,
        probe="<results>/videos/{video}/probe.parquet",
        frames="<results>/videos/{video}/frames.parquet",
    output:
        "<results>/poses/{video}.parquet",
    log:
        "<logs>/ingest_predictions/{video}.log",
    benchmark:
        "<benchmarks>/ingest_predictions/{video}.jsonl"
    wildcard_constraints:
        video=one_of(PREDICTED),
    priority: 1
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        config=predicting,
        code=code("ingest_predictions"),
    message:
        "Ingesting the predictions of {wildcards.video}"
    script:
        "../scripts/ingest_predictions.py"
