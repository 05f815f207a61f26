"""Videos: probing each, and choosing frames to label."""


rule probe_video:
    input:
        video=ancient(video_file),
    output:
        probe="<results>/videos/{video}/probe.parquet",
        frames="<results>/videos/{video}/frames.parquet",
    log:
        "<logs>/probe_video/{video}.log",
    benchmark:
        "<benchmarks>/probe_video/{video}.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(240),
    params:
        config=probing,
        code=code("probe_video"),
    message:
        "Probing video {wildcards.video}"
    script:
        "../scripts/probe_video.py"


rule plot_videos:
    input:
        probes=expand("<results>/videos/{video}/probe.parquet", video=VIDEOS),
    output:
        report(
            "<results>/figures/videos.png",
            caption="../workflow/report/videos.rst",
            category="Videos",
            labels={"figure": "what was found in the files"},
        ),
    log:
        "<logs>/plot_videos.log",
    benchmark:
        "<benchmarks>/plot_videos.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        config=stage("plot_videos"),
        code=code("plot_videos"),
    message:
        "Drawing the table of videos"
    script:
        "../scripts/plot_videos.py"


rule sample_frames:
    input:
        videos=ancient([source(row["path"]) for row in VIDEOS.values()]),
        probes=expand("<results>/videos/{video}/probe.parquet", video=VIDEOS),
        frames=expand("<results>/videos/{video}/frames.parquet", video=VIDEOS),
        labels=(
            "<results>/labels/labels.parquet"
            if EXPERIMENT["labels"]["sources"]
            else []
        ),
    output:
        "<results>/samples.parquet",
    log:
        "<logs>/sample_frames.log",
    benchmark:
        "<benchmarks>/sample_frames.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(240),
    params:
        config={**stage("sample_frames"), "frames": frame_ranges()},
        code=code("sample_frames"),
    message:
        "Sampling frames to label"
    script:
        "../scripts/sample_frames.py"


rule plot_sampled:
    input:
        samples="<results>/samples.parquet",
    output:
        report(
            "<results>/figures/sampled.png",
            caption="../workflow/report/sampled.rst",
            category="Labels",
            labels={"figure": "frames worth labelling"},
        ),
    log:
        "<logs>/plot_sampled.log",
    benchmark:
        "<benchmarks>/plot_sampled.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        config=stage("plot_sampled"),
        code=code("plot_sampled"),
    message:
        "Drawing the sampled frames"
    script:
        "../scripts/plot_sampled.py"
