"""What people look at to judge the poses of a session in space."""


rule render_session:
    input:
        videos=ancient(session_videos),
        frames=session_frames,
        cameras=session_cameras,
        poses="<results>/poses3d/{session}.parquet",
    output:
        report(
            "<results>/clips/sessions/{session}.mp4",
            caption="../workflow/report/session_clip.rst",
            category="Sessions",
            labels={"session": "{session}", "figure": "clip in space"},
        ),
    log:
        "<logs>/render_session/{session}.log",
    benchmark:
        "<benchmarks>/render_session/{session}.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 2
    resources:
        mem_mb=growing(3000),
        runtime=growing(120),
    params:
        config=session_settings("render_session"),
        code=code("render_session"),
    message:
        "Rendering a clip of session {wildcards.session}"
    script:
        "../scripts/render_session.py"


rule plot_coverage:
    input:
        metrics="<results>/session_metrics/{session}.parquet",
        poses="<results>/poses3d/{session}.parquet",
    output:
        report(
            "<results>/figures/coverage/{session}.png",
            caption="../workflow/report/coverage.rst",
            category="Sessions",
            labels={"session": "{session}", "figure": "coverage and error"},
        ),
    log:
        "<logs>/plot_coverage/{session}.log",
    benchmark:
        "<benchmarks>/plot_coverage/{session}.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        config=stage("plot_coverage"),
        code=code("plot_coverage"),
    message:
        "Drawing coverage and error of session {wildcards.session}"
    script:
        "../scripts/plot_coverage.py"


rule plot_rig:
    input:
        cameras=session_cameras,
        poses="<results>/poses3d/{session}.parquet",
    output:
        report(
            "<results>/figures/rig/{session}.png",
            caption="../workflow/report/rig.rst",
            category="Sessions",
            labels={"session": "{session}", "figure": "rig and paths"},
        ),
    log:
        "<logs>/plot_rig/{session}.log",
    benchmark:
        "<benchmarks>/plot_rig/{session}.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        config=stage("plot_rig"),
        code=code("plot_rig"),
    message:
        "Drawing the rig of session {wildcards.session}"
    script:
        "../scripts/plot_rig.py"


rule plot_limbs:
    input:
        cameras=session_cameras,
        poses="<results>/poses3d/{session}.parquet",
    output:
        report(
            "<results>/figures/limbs/{session}.png",
            caption="../workflow/report/limbs.rst",
            category="Sessions",
            labels={"session": "{session}", "figure": "limb lengths"},
        ),
    log:
        "<logs>/plot_limbs/{session}.log",
    benchmark:
        "<benchmarks>/plot_limbs/{session}.jsonl"
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        config=stage("plot_limbs"),
        code=code("plot_limbs"),
    message:
        "Drawing limb lengths of session {wildcards.session}"
    script:
        "../scripts/plot_limbs.py"
