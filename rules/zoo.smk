"""The zoo: the model of another experiment, without labels; its adaptation, and the scale of each video."""


rule adopt_bundle:
    input:
        initial_bundle_files,
    output:
        weights="<results>/{network}/{fold}-{seed}/model.safetensors",
        metadata="<results>/{network}/{fold}-{seed}/model.json",
        curves="<results>/{network}/{fold}-{seed}/confidence_curves.parquet",
        graph=bottom_up("<results>/{network}/{fold}-{seed}/graph.parquet"),
    log:
        "<logs>/adopt_bundle/{network}-{fold}-{seed}.log",
    benchmark:
        "<benchmarks>/adopt_bundle/{network}-{fold}-{seed}.jsonl"
    wildcard_constraints:
        network="adopted" if ADAPTED_TO else "models",
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        config=adopting,
        code=code("adopt_bundle"),
    message:
        "Taking the model that model.init names"
    script:
        "../scripts/adopt_bundle.py"


rule adapt_bundle:
    input:
        networks=expand(
            "<results>/adopted/{{fold}}-{{seed}}/{file}", file=places.MODEL_FILES[:-1]
        ),
        curves="<results>/adopted/{fold}-{seed}/confidence_curves.parquet",
        graph=bottom_up("<results>/adopted/{fold}-{seed}/graph.parquet"),
        videos=adapted_video_files,
        probes=expand("<results>/videos/{video}/probe.parquet", video=ADAPTED_TO),
        frames=expand("<results>/videos/{video}/frames.parquet", video=ADAPTED_TO),
    output:
        weights="<results>/{network}/{fold}-{seed}/model.safetensors",
        metadata="<results>/{network}/{fold}-{seed}/model.json",
        curves="<results>/{network}/{fold}-{seed}/confidence_curves.parquet",
        graph=bottom_up("<results>/{network}/{fold}-{seed}/graph.parquet"),
        adaptation="<results>/{network}/{fold}-{seed}/adaptation.parquet",
    log:
        "<logs>/adapt_bundle/{network}-{fold}-{seed}.log",
    benchmark:
        "<benchmarks>/adapt_bundle/{network}-{fold}-{seed}.jsonl"
    wildcard_constraints:
        network="models" if ADAPTED_TO else "(?!)",
    conda:
        "../envs/marey.yaml"
    threads: 8
    resources:
        mem_mb=growing(6000),
        runtime=growing(240),
    params:
        config=adapting,
        code=code("adapt_bundle"),
    message:
        "Training the model that model.init names further, for these videos"
    script:
        "../scripts/adapt_bundle.py"


rule measure_scale:
    input:
        video=ancient(video_file),
        probe="<results>/videos/{video}/probe.parquet",
        frames="<results>/videos/{video}/frames.parquet",
        networks=networks(ANALYST),
    output:
        "<results>/scales/{video}.parquet",
    log:
        "<logs>/measure_scale/{video}.log",
    benchmark:
        "<benchmarks>/measure_scale/{video}.jsonl"
    wildcard_constraints:
        video=none_of(PREDICTED),
    priority: 1
    conda:
        "../envs/marey.yaml"
    threads: 2
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        config=measuring,
        code=code("measure_scale"),
    message:
        "Measuring how large the animals of {wildcards.video} are"
    script:
        "../scripts/measure_scale.py"
