"""Inference: networks on the labelled frames and on the shards of videos."""


rule predict_frames:
    input:
        dataset="<results>/labels/dataset.parquet",
        splits="<results>/labels/splits.parquet",
        weights="<results>/models/{fold}-{seed}/model.safetensors",
        metadata="<results>/models/{fold}-{seed}/model.json",
        onnx_copy="<results>/models/{fold}-{seed}/model.onnx",
        quantised=[] if ADOPTED else ["<results>/models/{fold}-{seed}/model.int8.onnx"],
        scales=frame_scales(),
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


rule detect_frames:
    input:
        dataset="<results>/labels/dataset.parquet",
        networks=fold_networks,
        scales=frame_scales(),
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


rule infer_shard:
    input:
        video=ancient(video_file),
        probe="<results>/videos/{video}/probe.parquet",
        frames="<results>/videos/{video}/frames.parquet",
        networks=networks(ANALYST),
        scale=video_scale,
    output:
        "<results>/detections/{video}/{start}-{stop}.parquet",
        *bottom_up("<results>/affinities/{video}/{start}-{stop}.parquet"),
        *with_appearance("<results>/descriptors/{video}/{start}-{stop}.parquet"),
    log:
        "<logs>/infer_shard/{video}/{start}-{stop}.log",
    benchmark:
        "<benchmarks>/infer_shard/{video}/{start}-{stop}.jsonl"
    priority: 1
    conda:
        "../envs/marey-cuda.yaml"
    threads: 8
    resources:
        mem_mb=growing(4000),
        runtime=growing(240),
        gpu=1,
    params:
        config=video_config("infer_shard", "crop"),
        code=code("infer_shard"),
    message:
        "Analysing {wildcards.video}, frames {wildcards.start} to {wildcards.stop}"
    script:
        "../scripts/infer_shard.py"
