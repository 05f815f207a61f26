"""Input functions and targets of labels of other projects (`evaluate.sources`)."""

SHOWN_ELSEWHERE = [name for name in PRESENT if name in ELSEWHERE.videos]
FILMS_ELSEWHERE = [source(VIDEOS[video]["path"]) for video in SHOWN_ELSEWHERE]
OF_ELSEWHERE = [
    *expand(
        "elsewhere/{name}.parquet",
        name=["labels", "dropped", "label_images", "disagreements"],
    ),
    *expand("elsewhere/{name}.parquet", name=["splits", "dataset"]),
    *(["elsewhere/0-{seed}/predictions.parquet"] if SINGLE else []),
    *(
        []
        if SINGLE
        else ["elsewhere/detections.parquet", "elsewhere/0/matched.parquet"]
    ),
    *bottom_up("elsewhere/affinities.parquet"),
    *expand("elsewhere/{name}.parquet", name=["pooled", "metrics"]),
    *expand("figures/elsewhere/{name}.png", name=["errors", "worst_frames"]),
]


def label_files_elsewhere(wildcards):
    """List the files that the labels of other projects consist of, images apart."""
    return [
        path for entry in ELSEWHERE.sources for path in files_of(entry, elsewhere.KEY)
    ]


def packing_elsewhere(wildcards):
    """Return what packing reads of them: config, and what tells that an image is another one."""
    table = Path(PATHVARS.apply("<results>/elsewhere/dataset.parquet"))
    return {**stage("pack_dataset"), "images": PACKED_IMAGES.fingerprint(table)}


def ingesting_elsewhere():
    """Return what ingestion reads of them."""
    read = stage("ingest_labels")
    return {
        **read,
        "labels": {**read["labels"], "sources": ELSEWHERE.sources},
        "keypoints": ELSEWHERE.keypoints,
        "left_out": ELSEWHERE.left_out,
    }


@cache
def _ingestion_digest():
    formats = {
        sources.format_name(entry, DATA, elsewhere.KEY) for entry in ELSEWHERE.sources
    }
    script = ROOT / "scripts" / "ingest_labels.py"
    return code_digest(script, {"marey.labels.formats": sorted(formats)}, CODE)


def ingestion_code(wildcards):
    """Return the digest of their ingestion: of the modules of their formats."""
    return _ingestion_digest()


def predictions_elsewhere(wildcards):
    """List what all models say of them; with several animals one table for all."""
    if not SINGLE:
        return ["<results>/elsewhere/0/matched.parquet"]
    return expand("<results>/elsewhere/0-{seed}/predictions.parquet", seed=SEEDS)


if workflow.is_main_process:
    PACKED_IMAGES.check(
        *(
            Path(PATHVARS.apply(f"<results>/elsewhere/{name}.parquet"))
            for name in ("dataset", "labels")
        ),
        DATA,
    )
