"""Running: whether the machines that run jobs have what these need (`snakemake preflight`)."""


# Without an output (a benchmark counts as one) it runs whenever it is asked for. It asks for what the analysis of a shard does.
rule preflight:
    log:
        "<logs>/preflight.log",
    conda:
        "../envs/marey-cuda.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=30,
        gpu=1,
    params:
        config=stage("preflight"),
        code=code("preflight"),
    message:
        "Checking a machine that runs jobs: the findings are in {log}"
    script:
        "../scripts/preflight.py"
