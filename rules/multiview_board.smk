"""Cameras that are calibrated by a board: where each sees it, and where they are by that."""


use rule probe_video as probe_board with:
    input:
        video=ancient(board_video),
    output:
        probe="<results>/calibration/{rig}/videos/{video}/probe.parquet",
        frames="<results>/calibration/{rig}/videos/{video}/frames.parquet",
    log:
        "<logs>/probe_board/{rig}/{video}.log",
    benchmark:
        "<benchmarks>/probe_board/{rig}/{video}.jsonl"
    params:
        config=probing_board,
        code=code("probe_video"),
    message:
        "Probing the video of the board by camera {wildcards.video}, {wildcards.rig}"


rule detect_board:
    input:
        video=ancient(board_video),
        images=board_images,
        frames=board_frames,
    output:
        "<results>/calibration/{rig}/corners/{camera}.parquet",
    log:
        "<logs>/detect_board/{rig}/{camera}.log",
    benchmark:
        "<benchmarks>/detect_board/{rig}/{camera}.jsonl"
    conda:
        "../envs/cameras.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        config=stage("detect_board"),
        code=code("detect_board"),
    message:
        "Finding the board in what camera {wildcards.camera} sees, {wildcards.rig}"
    script:
        "../scripts/detect_board.py"


rule calibrate_cameras:
    input:
        corners=rig_corners,
    output:
        cameras="<results>/cameras/{rig}.parquet",
        calibration="<results>/calibration/{rig}.parquet",
    log:
        "<logs>/calibrate_cameras/{rig}.log",
    benchmark:
        "<benchmarks>/calibrate_cameras/{rig}.jsonl"
    conda:
        "../envs/cameras.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        config=stage("calibrate_cameras"),
        code=code("calibrate_cameras"),
    message:
        "Calibrating the cameras of {wildcards.rig}"
    script:
        "../scripts/calibrate_cameras.py"
