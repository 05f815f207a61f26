"""Views: what people look at to judge the poses of a video."""


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


rule render_review:
    input:
        video=ancient(video_file),
        frames="<results>/videos/{video}/frames.parquet",
        smoothed="<results>/smoothed/{video}.parquet",
        review="<results>/review/{video}.parquet",
    output:
        report(
            "<results>/clips/review/{video}.mp4",
            caption="../workflow/report/review.rst",
            category="Videos",
            labels={"video": "{video}", "figure": "clip of possible exchanges"},
        ),
    log:
        "<logs>/render_review/{video}.log",
    benchmark:
        "<benchmarks>/render_review/{video}.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 2
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        config=stage("render_review"),
        code=code("render_review"),
    message:
        "Rendering moments to review of {wildcards.video}"
    script:
        "../scripts/render_review.py"


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
        report(
            "<results>/figures/confidence/{video}.png",
            caption="../workflow/report/confidence.rst",
            category="Videos",
            labels={"video": "{video}", "figure": "confidence"},
        ),
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


rule plot_review:
    input:
        video=ancient(video_file),
        frames="<results>/videos/{video}/frames.parquet",
        smoothed="<results>/smoothed/{video}.parquet",
        review="<results>/review/{video}.parquet",
    output:
        report(
            "<results>/figures/review/{video}.png",
            caption="../workflow/report/review_figure.rst",
            category="Videos",
            labels={"video": "{video}", "figure": "possible exchanges"},
        ),
    log:
        "<logs>/plot_review/{video}.log",
    benchmark:
        "<benchmarks>/plot_review/{video}.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        config=stage("plot_review"),
        code=code("plot_review"),
    message:
        "Drawing moments to review of {wildcards.video}"
    script:
        "../scripts/plot_review.py"
