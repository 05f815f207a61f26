"""Recognition: what tells the animals of a video apart, learnt from the video itself."""


rule learn_embeddings:
    input:
        video=ancient(video_file),
        frames="<results>/videos/{video}/frames.parquet",
        poses="<results>/poses/{video}.parquet",
        metadata=tracking_metadata,
    output:
        "<results>/embeddings/{video}.parquet",
    log:
        "<logs>/learn_embeddings/{video}.log",
    benchmark:
        "<benchmarks>/learn_embeddings/{video}.jsonl"
    priority: 1
    conda:
        "../envs/marey.yaml"
    threads: 2
    resources:
        mem_mb=growing(4000),
        runtime=growing(120),
    params:
        config=recognising,
        code=code("learn_embeddings"),
    message:
        "Learning to tell the animals of {wildcards.video} apart"
    script:
        "../scripts/learn_embeddings.py"
