"""Review: the moments in which two animals may have been exchanged, for people to judge."""


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
