"""Cameras that another tool has calibrated."""


rule read_calibration:
    input:
        calibration=calibration_file,
    output:
        cameras="<results>/cameras/{rig}.parquet",
        calibration="<results>/calibration/{rig}.parquet",
    log:
        "<logs>/read_calibration/{rig}.log",
    benchmark:
        "<benchmarks>/read_calibration/{rig}.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        config=reading_calibration,
        code=code("read_calibration"),
    message:
        "Reading the calibration of {wildcards.rig}"
    script:
        "../scripts/read_calibration.py"
