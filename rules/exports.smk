"""Exports: poses and labels in the files of other tools."""


rule export_poses:
    input:
        poses=f"<results>/{EXPERIMENT['export']['source']}/{{video}}.parquet",
        probe="<results>/videos/{video}/probe.parquet",
        frames="<results>/videos/{video}/frames.parquet",
    output:
        "<results>/exports/{video}.{format}",
    log:
        "<logs>/export_poses/{video}.{format}.log",
    benchmark:
        "<benchmarks>/export_poses/{video}.{format}.jsonl"
    wildcard_constraints:
        # The shortest: a.dlc.csv is of the video a, in the format dlc.csv.
        video=r"[A-Za-z0-9][A-Za-z0-9_.-]*?",
        format=r"[a-z0-9.]+",
    conda:
        exporting_environment
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        config=exporting,
        code=exporting_code,
    message:
        "Exporting the poses of {wildcards.video} as {wildcards.format}"
    script:
        "../scripts/export_poses.py"


rule export_labels:
    input:
        dataset="<results>/labels/dataset.parquet",
    output:
        directory("<results>/exports/labels/{format}"),
    log:
        "<logs>/export_labels/{format}.log",
    benchmark:
        "<benchmarks>/export_labels/{format}.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        config=stage("export_labels"),
        code=exporting_code,
    message:
        "Exporting the labels as {wildcards.format}"
    script:
        "../scripts/export_labels.py"
