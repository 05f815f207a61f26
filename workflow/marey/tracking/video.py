"""Tracks of a video: from the table `poses` to the tables `tracks` and `review`."""

import json
from pathlib import Path

from marey.tables import files, poses, review, tracks


def track_video(
    poses_path: Path, facts_path: Path, out: Path, review_out: Path, *, config: dict, provenance: dict
) -> None:
    """Write the tables `tracks` and `review` of a video. A single animal has the name in the model's facts."""
    rows = files.read(poses_path, poses.SCHEMA)
    rows = rows.assign(individual=json.loads(facts_path.read_text())["individual"])
    files.write(out, rows[tracks.SCHEMA.names], tracks.SCHEMA, provenance=provenance)
    files.write(review_out, files.empty(review.SCHEMA), review.SCHEMA, provenance=provenance)
