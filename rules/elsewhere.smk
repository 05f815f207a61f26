"""Labels of other projects (`evaluate.sources`) test the models that analyse the videos: the rules of labels, again."""


include: "inputs_elsewhere.smk"


use rule ingest_labels as ingest_elsewhere with:
    input:
        labels=label_files_elsewhere,
        probes=expand("<results>/videos/{video}/probe.parquet", video=SHOWN_ELSEWHERE),
        videos=ancient(FILMS_ELSEWHERE),
        frames=expand("<results>/videos/{video}/frames.parquet", video=SHOWN_ELSEWHERE),
    output:
        labels="<results>/elsewhere/labels.parquet",
        dropped="<results>/elsewhere/dropped.parquet",
        images="<results>/elsewhere/label_images.parquet",
        disagreements="<results>/elsewhere/disagreements.parquet",
    log:
        "<logs>/ingest_elsewhere.log",
    benchmark:
        "<benchmarks>/ingest_elsewhere.jsonl"
    params:
        config=ingesting_elsewhere(),
        code=ingestion_code,
    message:
        "Ingesting labels of other projects"


use rule split_labels as split_elsewhere with:
    input:
        labels="<results>/elsewhere/labels.parquet",
    output:
        "<results>/elsewhere/splits.parquet",
    log:
        "<logs>/split_elsewhere.log",
    benchmark:
        "<benchmarks>/split_elsewhere.jsonl"
    params:
        config={
            "seed": EXPERIMENT["seed"],
            "split": {
                **EXPERIMENT["split"],
                "folds": 1,
                "test_fraction": 1.0,
                "group_by": "auto",
            },
            "subjects": {},
        },
        code=code("split_labels"),


use rule pack_dataset as pack_elsewhere with:
    input:
        labels="<results>/elsewhere/labels.parquet",
        images="<results>/elsewhere/label_images.parquet",
        videos=ancient(FILMS_ELSEWHERE),
        frames=expand("<results>/videos/{video}/frames.parquet", video=SHOWN_ELSEWHERE),
    output:
        "<results>/elsewhere/dataset.parquet",
    log:
        "<logs>/pack_elsewhere.log",
    benchmark:
        "<benchmarks>/pack_elsewhere.jsonl"
    params:
        config=packing_elsewhere,
        code=code("pack_dataset"),


use rule predict_frames as predict_elsewhere with:
    input:
        dataset="<results>/elsewhere/dataset.parquet",
        splits="<results>/elsewhere/splits.parquet",
        weights=f"<results>/models/{ANALYST}-{{seed}}/model.safetensors",
        metadata=f"<results>/models/{ANALYST}-{{seed}}/model.json",
        onnx_copy=f"<results>/models/{ANALYST}-{{seed}}/model.onnx",
        quantised=[f"<results>/models/{ANALYST}-{{seed}}/model.int8.onnx"],
        scales=[],
    output:
        "<results>/elsewhere/{fold}-{seed}/predictions.parquet",
    log:
        "<logs>/predict_elsewhere/{fold}-{seed}.log",
    benchmark:
        "<benchmarks>/predict_elsewhere/{fold}-{seed}.jsonl"


use rule detect_frames as detect_elsewhere with:
    input:
        dataset="<results>/elsewhere/dataset.parquet",
        networks=networks(ANALYST),
        scales=[],
    output:
        "<results>/elsewhere/detections.parquet",
        *bottom_up("<results>/elsewhere/affinities.parquet"),
    log:
        "<logs>/detect_elsewhere.log",
    benchmark:
        "<benchmarks>/detect_elsewhere.jsonl"
    message:
        "Finding keypoints in the labelled frames of other projects"


use rule match_frames as match_elsewhere with:
    input:
        detections="<results>/elsewhere/detections.parquet",
        dataset="<results>/elsewhere/dataset.parquet",
        splits="<results>/elsewhere/splits.parquet",
        metadata=member_of(ANALYST, "model.json"),
        affinities=bottom_up("<results>/elsewhere/affinities.parquet"),
        graph=bottom_up(learnt("graph.parquet")),
        scales=[],
    output:
        "<results>/elsewhere/{fold}/matched.parquet",
    log:
        "<logs>/match_elsewhere/{fold}.log",
    benchmark:
        "<benchmarks>/match_elsewhere/{fold}.jsonl"


use rule pool_predictions as pool_elsewhere with:
    input:
        predictions=predictions_elsewhere,
        metadata=[member_of(ANALYST, "model.json")],
        curves=learnt("confidence_curves.parquet"),
        scales=[],
    output:
        "<results>/elsewhere/pooled.parquet",
    log:
        "<logs>/pool_elsewhere.log",
    benchmark:
        "<benchmarks>/pool_elsewhere.jsonl"
    message:
        "Pooling the predictions of labels of other projects"


use rule evaluate_model as evaluate_elsewhere with:
    input:
        predictions="<results>/elsewhere/pooled.parquet",
    output:
        "<results>/elsewhere/metrics.parquet",
    log:
        "<logs>/evaluate_elsewhere.log",
    benchmark:
        "<benchmarks>/evaluate_elsewhere.jsonl"
    message:
        "Evaluating the model on labels of other projects"


use rule plot_errors as plot_elsewhere_errors with:
    input:
        predictions="<results>/elsewhere/pooled.parquet",
        metrics="<results>/elsewhere/metrics.parquet",
    output:
        report(
            "<results>/figures/elsewhere/errors.png",
            caption="../workflow/report/elsewhere_errors.rst",
            category="Models",
            labels={
                "figure": "error by keypoint",
                "model": "on labels of other projects",
            },
        ),
    log:
        "<logs>/plot_elsewhere_errors.log",
    benchmark:
        "<benchmarks>/plot_elsewhere_errors.jsonl"


use rule plot_worst_frames as plot_elsewhere_worst_frames with:
    input:
        dataset="<results>/elsewhere/dataset.parquet",
        predictions="<results>/elsewhere/pooled.parquet",
    output:
        report(
            "<results>/figures/elsewhere/worst_frames.png",
            caption="../workflow/report/elsewhere_worst_frames.rst",
            category="Models",
            labels={"figure": "worst frames", "model": "on labels of other projects"},
        ),
    log:
        "<logs>/plot_elsewhere_worst_frames.log",
    benchmark:
        "<benchmarks>/plot_elsewhere_worst_frames.jsonl"
