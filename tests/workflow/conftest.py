"""The tiny experiment that the tests of re-runs share."""

import pytest

from .checkout import KEYPOINTS, QUICK, Workflow, make_video


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Workflow:
    """Two videos of 40 frames, 2 keypoints, 12 labelled frames, a network that trains for 3 steps; run to the end."""
    root = tmp_path_factory.mktemp("tiny")
    truth = [make_video(root / "data" / f"{name}.mp4", seed=seed) for seed, name in enumerate("ab")]
    (root / "data" / "videos.tsv").write_text("video\tpath\na\ta.mp4\nb\tb.mp4\n")
    rows = [table[(table["frame"] % 7 == 0) & table["keypoint"].isin(KEYPOINTS)] for table in truth]
    lines = [",".join(rows[0].columns), *(line for part in rows for line in part.to_csv(index=False).splitlines()[1:])]
    (root / "data" / "labels.csv").write_text("\n".join(lines) + "\n")
    config = {
        "project": "tiny",
        **QUICK,
        "keypoints": KEYPOINTS,
        "skeleton": [KEYPOINTS],
    }
    workflow = Workflow.checkout(root, config)
    workflow.first_output = workflow.snakemake()
    return workflow
