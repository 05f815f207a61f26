"""Views: what people look at to judge the poses of a video, and how a model was trained."""


rule render_video:
    input:
        video=ancient(video_file),
        frames="<results>/videos/{video}/frames.parquet",
        smoothed="<results>/smoothed/{video}.parquet",
    output:
        report(
            "<results>/clips/{video}.mp4",
            caption="../workflow/report/clip.rst",
            category="Videos",
            labels={"video": "{video}", "figure": "labelled clip"},
        ),
    log:
        "<logs>/render_video/{video}.log",
    benchmark:
        "<benchmarks>/render_video/{video}.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 2
    resources:
        mem_mb=growing(2000),
        runtime=growing(120),
    params:
        config=stage("render_video"),
        code=code("render_video"),
    message:
        "Rendering a clip of {wildcards.video}"
    script:
        "../scripts/render_video.py"


rule plot_trajectories:
    input:
        video=ancient(video_file),
        frames="<results>/videos/{video}/frames.parquet",
        smoothed="<results>/smoothed/{video}.parquet",
    output:
        report(
            "<results>/figures/trajectories/{video}.png",
            caption="../workflow/report/trajectories.rst",
            category="Videos",
            labels={"video": "{video}", "figure": "trajectories"},
        ),
    log:
        "<logs>/plot_trajectories/{video}.log",
    benchmark:
        "<benchmarks>/plot_trajectories/{video}.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        config=stage("plot_trajectories"),
        code=code("plot_trajectories"),
    message:
        "Drawing trajectories of {wildcards.video}"
    script:
        "../scripts/plot_trajectories.py"


rule plot_confidence:
    input:
        tracks="<results>/tracks/{video}.parquet",
        smoothed="<results>/smoothed/{video}.parquet",
    output:
        figure=report(
            "<results>/figures/confidence/{video}.png",
            caption="../workflow/report/confidence.rst",
            category="Videos",
            labels={"video": "{video}", "figure": "confidence"},
        ),
        quality="<results>/quality/{video}.parquet",
    log:
        "<logs>/plot_confidence/{video}.log",
    benchmark:
        "<benchmarks>/plot_confidence/{video}.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        config=stage("plot_confidence"),
        code=code("plot_confidence"),
    message:
        "Drawing confidence over {wildcards.video}"
    script:
        "../scripts/plot_confidence.py"


rule plot_augmented:
    input:
        dataset="<results>/labels/dataset.parquet",
        splits="<results>/labels/splits.parquet",
    output:
        report(
            "<results>/figures/augmented.png",
            caption="../workflow/report/augmented.rst",
            category="Models",
            labels={"figure": "augmented training examples"},
        ),
    log:
        "<logs>/plot_augmented.log",
    benchmark:
        "<benchmarks>/plot_augmented.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        config=stage("plot_augmented"),
        code=code("plot_augmented"),
    message:
        "Drawing augmented examples"
    script:
        "../scripts/plot_augmented.py"


rule plot_training:
    input:
        history="<results>/{network}/{fold}-{seed}/history.parquet",
    output:
        report(
            "<results>/figures/training/{network}/{fold}-{seed}.png",
            caption="../workflow/report/training.rst",
            category="Models",
            labels={
                "figure": "training curves",
                "model": "{network}, fold {fold}, seed {seed}",
            },
        ),
    log:
        "<logs>/plot_training/{network}-{fold}-{seed}.log",
    benchmark:
        "<benchmarks>/plot_training/{network}-{fold}-{seed}.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        config=stage("plot_training"),
        code=code("plot_training"),
    message:
        "Drawing training curves"
    script:
        "../scripts/plot_training.py"
