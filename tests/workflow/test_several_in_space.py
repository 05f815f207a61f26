"""Several animals before several cameras, each of which calls them otherwise: in space they are the right ones."""

import numpy as np
import pandas as pd

from marey.multiview.cameras import Camera
from marey.multiview.formats import calibration_toml
from marey.synth import animal
from marey.synth.cameras import build_camera
from marey.synth.film import film
from marey.synth.motion import simulate
from marey.synth.scene import Scene
from marey.tables import files
from marey.tables.matches import MATCHES
from marey.tables.poses3d import POSES3D
from marey.tables.sync import SYNC

from .checkout import KEYPOINTS, Workflow, executed

VIEWS = ("top", "front", "right")
FRAMES = 30
SCENE = Scene(size=(96, 64), frames=FRAMES, cameras=VIEWS, seed=2, individuals=2)


def test_animals_are_matched_whatever_each_camera_calls_them(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    rows = ["video\tpath\tsession\tcamera"]
    for name in VIEWS:
        truth = film(SCENE, data / f"{name}.mp4", camera=name, gop=10)
        truth = truth[truth["keypoint"].isin(KEYPOINTS)].drop(columns=["annotator", "visibility"])
        if name == "front":
            truth["individual"] = truth["individual"].map({"mouse1": "mouse2", "mouse2": "mouse1"})
        truth.assign(confidence=0.9).to_csv(data / f"{name}.csv", index=False)
        rows.append(f"{name}\t{name}.mp4\ts\t{name}")
    (data / "videos.tsv").write_text("\n".join(rows) + "\n")
    made = [build_camera(SCENE, name) for name in VIEWS]
    cameras = [Camera(each.name, each.size, "pinhole", each.K, np.zeros(5), each.R, each.t) for each in made]
    calibration_toml.write(data / "cameras.toml", cameras)
    config = {"project": "p", "data": "data", "videos": "videos.tsv", "predictions": {"sources": ["*.csv"]}}
    config |= {"keypoints": KEYPOINTS, "cameras": {"calibration": "cameras.toml"}}
    config |= {"animals": {"method": "bottom_up", "number": 2}}
    config["triangulate"] = {"measurement_noise": 0.05}
    workflow = Workflow.checkout(tmp_path, config)
    asked = [f"results/p/{name}/s.parquet" for name in ("poses3d", "sync")]
    done = executed(workflow.forked("--", *asked, jobs=True))
    assert done["match_views"] == done["check_sync"] == done["smooth_session"] == 1

    matches = files.read(workflow.results / "matches/s.parquet", MATCHES)
    assert len(matches) == 6
    assert matches.groupby("individual").size().tolist() == [3, 3]
    found = files.read(workflow.results / "poses3d/s.parquet", POSES3D)
    chosen = [list(animal.KEYPOINTS).index(name) for name in KEYPOINTS]
    truth = np.stack([animal.keypoint_positions(SCENE, states)[:, chosen] for states in simulate(SCENE)])
    errors = pd.DataFrame(
        {
            name: [
                np.nanmax(np.abs(own[list("xyz")].to_numpy(float).reshape(FRAMES, -1, 3) - truth[:, at]))
                for at in range(2)
            ]
            for name, own in found.groupby("individual")
        }
    )
    assert (errors.min() < 2).all()  # mm; a pixel is 5 mm
    assert errors.idxmin().nunique() == 2
    assert files.read(workflow.results / "sync/s.parquet", SYNC)["camera"].nunique() == 3
