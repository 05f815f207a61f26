"""From a video and its poses to embeddings that tracking reads."""

import numpy as np
import pandas as pd

from marey.recognition.learn_embeddings import learn_embeddings
from marey.tables import files
from marey.tables.embeddings import EMBEDDINGS
from marey.tables.frames import FRAMES
from marey.tables.poses import POSES
from marey.tracking.track_video import track_video

from ..coded_video import make, probe

CONFIG = {"animals": {"number": 2}, "keypoints": ["snout", "tail", "door"], "seed": 0}


def test_each_pose_of_an_animal_has_a_row(tmp_path):
    video = make(tmp_path / "v.mp4", frames=60, size=(160, 96))
    files.write(tmp_path / "frames.parquet", probe(video)[1], FRAMES)
    rows = []
    for frame in range(60):
        for instance in range(2) if frame % 20 else range(1):
            x, y = 40 + frame % 7, 25 + 45 * (instance if frame % 2 else 1 - instance)
            rows += [(frame, instance, "snout", x + 20, y), (frame, instance, "tail", x, y)]
        rows.append((frame, -1, "door", 5, 5))
    poses = pd.DataFrame(rows, columns=["frame", "instance", "keypoint", "x", "y"])
    poses = poses.assign(video="v", time=poses["frame"] / 30, confidence=0.9, sigma_px=1.0, fault=False)
    files.write(tmp_path / "poses.parquet", poses.sort_values(["frame", "instance"]), POSES)
    paths = [tmp_path / f"{name}.parquet" for name in ("frames", "poses", "embeddings")]
    learn_embeddings(video, *paths, None, video="v", config=CONFIG, provenance={"rule": "x"}, steps=2)
    found = files.read(paths[2], EMBEDDINGS)
    animals = poses[poses["instance"] >= 0].drop_duplicates(["frame", "instance"])
    listed = animals.sort_values(["frame", "instance"])[["frame", "instance"]]
    assert found[["frame", "instance"]].to_numpy().tolist() == listed.to_numpy().tolist()
    lengths = np.linalg.norm(np.stack(found["embedding"]).astype(float), axis=1)
    np.testing.assert_allclose(lengths[np.isfinite(lengths)], 1, atol=0.01)
    assert np.isfinite(lengths).mean() > 0.9
    assert set(found["trained"]) == {True, False}
    outs = [tmp_path / f"{name}.parquet" for name in ("tracks", "review", "tracked")]
    config = {**CONFIG, "animals": {"method": "bottom_up", "number": 2}, "corrections": []}
    track_video(paths[1], paths[0], *outs, None, None, paths[2], config=config, provenance={})
    assert set(pd.read_parquet(outs[0])["individual"]) == {"animal1", "animal2", "unique"}
