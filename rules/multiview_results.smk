"""What follows poses in space: how good they are, what they say of labels, and other tools' files of them."""


rule evaluate_session:
    input:
        cameras=session_cameras,
        tracks=session_tracks,
        frames=session_frames,
        matches=session_matches,
        points="<results>/points/{session}.parquet",
        poses="<results>/poses3d/{session}.parquet",
    output:
        "<results>/session_metrics/{session}.parquet",
    log:
        "<logs>/evaluate_session/{session}.log",
    benchmark:
        "<benchmarks>/evaluate_session/{session}.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        config=session_settings("evaluate_session"),
        code=code("evaluate_session"),
    message:
        "Evaluating the poses of session {wildcards.session}"
    script:
        "../scripts/evaluate_session.py"


rule reproject_labels:
    input:
        cameras=session_cameras,
        tracks=session_tracks,
        frames=session_frames,
        matches=session_matches,
        points="<results>/points/{session}.parquet",
        labels="<results>/labels/labels.parquet" if LABELLED else [],
        samples=frames_to_label if SUGGESTS else [],
    output:
        "<results>/reprojected/{session}.parquet",
    log:
        "<logs>/reproject_labels/{session}.log",
    benchmark:
        "<benchmarks>/reproject_labels/{session}.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        config=session_settings("reproject_labels"),
        code=code("reproject_labels"),
    message:
        "Finding where labels of session {wildcards.session} should be by other cameras"
    script:
        "../scripts/reproject_labels.py"


rule export_session:
    input:
        poses="<results>/poses3d/{session}.parquet",
        cameras=session_cameras,
    output:
        "<results>/exports/sessions/{session}.{format}",
    log:
        "<logs>/export_session/{session}.{format}.log",
    benchmark:
        "<benchmarks>/export_session/{session}.{format}.jsonl"
    wildcard_constraints:
        format=r"[a-z0-9.]+",
    conda:
        exporting_environment
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        config=exporting_session,
        code=exporting_code,
    message:
        "Exporting the poses of session {wildcards.session} as {wildcards.format}"
    script:
        "../scripts/export_session.py"
