"""Several animals: candidates of the labelled frames, the graph that joins them (bottom-up), and who matches whom."""


rule detect_frames:
    input:
        dataset="<results>/labels/dataset.parquet",
        networks=fold_networks,
    output:
        "<results>/models/{fold}/detections.parquet",
        *bottom_up("<results>/models/{fold}/affinities.parquet"),
    log:
        "<logs>/detect_frames/{fold}.log",
    benchmark:
        "<benchmarks>/detect_frames/{fold}.jsonl"
    conda:
        "../envs/marey-cuda.yaml"
    threads: 8
    resources:
        mem_mb=growing(6000),
        runtime=growing(60),
        gpu=1,
    params:
        config=stage("detect_frames"),
        code=code("detect_frames"),
    message:
        "Finding keypoints in the labelled frames: fold {wildcards.fold}"
    script:
        "../scripts/detect_frames.py"


rule fit_graph:
    input:
        detections="<results>/models/{fold}/detections.parquet",
        affinities="<results>/models/{fold}/affinities.parquet",
        dataset="<results>/labels/dataset.parquet",
        splits="<results>/labels/splits.parquet",
        facts=member_of("{fold}", "model.json"),
    output:
        "<results>/models/{fold}/graph.parquet",
    log:
        "<logs>/fit_graph/{fold}.log",
    benchmark:
        "<benchmarks>/fit_graph/{fold}.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        config=stage("fit_graph"),
        code=code("fit_graph"),
    message:
        "Fitting the graph of fold {wildcards.fold}"
    script:
        "../scripts/fit_graph.py"


rule match_frames:
    input:
        detections="<results>/models/{fold}/detections.parquet",
        dataset="<results>/labels/dataset.parquet",
        splits="<results>/labels/splits.parquet",
        facts=member_of("{fold}", "model.json"),
        affinities=bottom_up("<results>/models/{fold}/affinities.parquet"),
        graph=bottom_up("<results>/models/{fold}/graph.parquet"),
    output:
        "<results>/models/{fold}/matched.parquet",
    log:
        "<logs>/match_frames/{fold}.log",
    benchmark:
        "<benchmarks>/match_frames/{fold}.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        config=stage("match_frames"),
        code=code("match_frames"),
    message:
        "Assembling the labelled frames of fold {wildcards.fold}"
    script:
        "../scripts/match_frames.py"
