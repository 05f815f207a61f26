"""Assembly: individuals from keypoints, in labelled frames and in videos."""


rule fit_graph:
    input:
        detections="<results>/models/{fold}/detections.parquet",
        affinities="<results>/models/{fold}/affinities.parquet",
        dataset="<results>/labels/dataset.parquet",
        splits="<results>/labels/splits.parquet",
        metadata=member_of("{fold}", "model.json"),
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
        metadata=member_of("{fold}", "model.json"),
        affinities=bottom_up("<results>/models/{fold}/affinities.parquet"),
        graph=bottom_up(learnt("graph.parquet", fold="{fold}")),
        scales=frame_scales(),
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


rule assemble_video:
    input:
        shards=shards,
        affinities=affinity_shards,
        descriptors=descriptor_shards,
        metadata=[] if SINGLE else [member_of(ANALYST, "model.json")],
        graph=bottom_up(learnt("graph.parquet")),
        frames="<results>/videos/{video}/frames.parquet",
        curves=learnt("confidence_curves.parquet"),
        scale=video_scale,
    output:
        "<results>/poses/{video}.parquet",
        *with_appearance("<results>/appearances/{video}.parquet"),
    log:
        "<logs>/assemble_video/{video}.log",
    benchmark:
        "<benchmarks>/assemble_video/{video}.jsonl"
    wildcard_constraints:
        video=none_of(PREDICTED),
    priority: 1
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        config=video_config("assemble_video", "frames"),
        code=code("assemble_video"),
    message:
        "Assembling {wildcards.video}"
    script:
        "../scripts/assemble_video.py"
