"""Several cameras: the points of each session in space, by the rig that filmed it (`cameras`)."""


include: "inputs_calibration.smk"
include: "inputs_multiview.smk"
include: f"{CALIBRATION}.smk"
include: "multiview_results.smk"
include: "plots_multiview.smk"


rule export_cameras:
    input:
        cameras="<results>/cameras/{rig}.parquet",
    output:
        "<results>/exports/cameras/{rig}.toml",
    log:
        "<logs>/export_cameras/{rig}.log",
    benchmark:
        "<benchmarks>/export_cameras/{rig}.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        config=stage("export_cameras"),
        code=code("export_cameras"),
    message:
        "Exporting the cameras of {wildcards.rig}"
    script:
        "../scripts/export_cameras.py"


rule match_views:
    input:
        cameras=session_cameras,
        tracks=session_tracks,
        frames=session_frames,
    output:
        "<results>/matches/{session}.parquet",
    log:
        "<logs>/match_views/{session}.log",
    benchmark:
        "<benchmarks>/match_views/{session}.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(120),
    params:
        config=matching_views,
        code=code("match_views"),
    message:
        "Matching the animals in the views of session {wildcards.session}"
    script:
        "../scripts/match_views.py"


rule check_sync:
    input:
        cameras=session_cameras,
        tracks=session_tracks,
        frames=session_frames,
        matches=session_matches,
    output:
        "<results>/sync/{session}.parquet",
    log:
        "<logs>/check_sync/{session}.log",
    benchmark:
        "<benchmarks>/check_sync/{session}.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(120),
    params:
        config=session_settings("check_sync"),
        code=code("check_sync"),
    message:
        "Checking that the cameras of session {wildcards.session} are in step"
    script:
        "../scripts/check_sync.py"


rule triangulate_session:
    input:
        cameras=session_cameras,
        tracks=session_tracks,
        frames=session_frames,
        matches=session_matches,
        probes=session_probes,
    output:
        "<results>/points/{session}.parquet",
    log:
        "<logs>/triangulate_session/{session}.log",
    benchmark:
        "<benchmarks>/triangulate_session/{session}.jsonl"
    priority: 1
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(240),
    params:
        config=session_settings("triangulate_session"),
        code=code("triangulate_session"),
    message:
        "Triangulating session {wildcards.session}"
    script:
        "../scripts/triangulate_session.py"


rule smooth_session:
    input:
        cameras=session_cameras,
        tracks=session_tracks,
        frames=session_frames,
        matches=session_matches,
        points="<results>/points/{session}.parquet",
    output:
        "<results>/poses3d/{session}.parquet",
    log:
        "<logs>/smooth_session/{session}.log",
    benchmark:
        "<benchmarks>/smooth_session/{session}.jsonl"
    priority: 1
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(600),
    params:
        config=session_settings("smooth_session"),
        code=code("smooth_session"),
    message:
        "Smoothing session {wildcards.session}"
    script:
        "../scripts/smooth_session.py"
