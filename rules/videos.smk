"""Videos: probing each, and the plan of their shards."""


def probing(wildcards):
    """Return what probing reads of a video: config, sheet, and what tells that the file is another one."""
    return {
        **_video_config("probe_video", "path", wildcards),
        "fingerprint": _fingerprint(wildcards.video),
    }


@cache
def _fingerprint(video):
    probe = workflow.pathvars.apply(f"<results>/videos/{video}/probe.parquet")
    return FINGERPRINTS.of(DATA / VIDEOS[video]["path"], partial(_probed_hash, probe))


def _probed_hash(path):
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(path, columns=["content_hash"])
        return table["content_hash"][0].as_py()
    except (OSError, LookupError, pyarrow.ArrowException):
        return None  # not probed yet, or broken


if workflow.is_main_process:
    for name in PRESENT:
        _fingerprint(name)
    FINGERPRINTS.save()


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


checkpoint plan_shards:
    input:
        probes=expand("<results>/videos/{video}/probe.parquet", video=PRESENT),
        frames=expand("<results>/videos/{video}/frames.parquet", video=PRESENT),
    output:
        "<results>/plan.parquet",
    log:
        "<logs>/plan_shards.log",
    benchmark:
        "<benchmarks>/plan_shards.jsonl"
    localrule: True
    conda:
        "../envs/marey.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(30),
    params:
        config={**stage("plan_shards"), "frames": sheet_column("frames")},
        code=code("plan_shards"),
    message:
        "Planning shards"
    script:
        "../scripts/plan_shards.py"
