"""The table of synchrony: made sessions with cameras out of step, and real animals that hardly move."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from marey.multiview import check_sync as module
from marey.multiview.cameras import camera_rows, natural
from marey.multiview.check_sync import check_sync
from marey.multiview.clock import frame_interval, read_clock
from marey.multiview.formats import calibration_toml
from marey.tables import files
from marey.tables.cameras import CAMERAS
from marey.tables.sync import SYNC

from . import made_motion, session

DATA = Path(os.environ.get("MAREY_DATA", Path(__file__).parents[3] / "../shared/data"))
STEP = 1 / made_motion.FPS
CONFIG = session.CONFIG | {"max_offset": 0.4}


def run(made, folder, **changed):
    out = folder / "sync.parquet"
    check_sync(made.tables, out, config=CONFIG | changed, provenance={"a": 1})
    assert files.read_provenance(out) == {"a": 1}
    return files.read(out, SYNC)


def whole(rows):
    return rows[rows["window"] == 0].set_index("camera")


@pytest.mark.parametrize("offset", [5, 0.5])
def test_a_camera_that_is_out_of_step_is_found_and_put_right(tmp_path, offset):
    frames = np.arange(320)
    times = [frames * STEP, frames * STEP, (frames + offset) * STEP]
    made = made_motion.write(tmp_path, made_motion.look(times), [frames * STEP] * 3)
    rows = whole(run(made, tmp_path))
    assert rows["verdict"].tolist() == ["in step", "in step", "off by"]
    late = rows.loc["view3"]
    assert late["offset_frames"] == pytest.approx(offset, abs=0.05)
    assert late["low_frames"] < offset < late["high_frames"]
    assert late["offset"] == pytest.approx(late["offset_frames"] * STEP)
    assert late["advice"] == f"set cameras.offsets: {{view3: {late['offset']:.4f}}}"
    assert rows["reference"].nunique() == 1
    again = whole(run(made, tmp_path, offsets={"view3": round(late["offset"], 4)}))
    assert (again["verdict"] == "in step").all()
    assert again["advice"].isna().all()


def test_late_begins_and_lost_frames_are_told_by_time_stamps(tmp_path):
    frames = np.arange(320)
    kept = np.delete(frames, [40, 100, 101, 200])
    late = frames[7:300]
    times = [frames * STEP, kept * STEP, late * STEP]
    made = made_motion.write(tmp_path, made_motion.look(times), times)
    rows = whole(run(made, tmp_path))
    assert (rows["verdict"] == "in step").all()
    assert rows["frames"].tolist() == [320, 316, 293]
    assert rows["lost"].tolist() == [0, 4, 0]
    assert rows["apart"].to_numpy() == pytest.approx(0, abs=1e-9)


def test_frames_between_those_of_others_are_in_step_by_their_stamps(tmp_path):
    frames = np.arange(320)
    times = [frames * STEP, (frames + 0.4) * STEP]
    rows = whole(run(made_motion.write(tmp_path, made_motion.look(times), times), tmp_path))
    assert (rows["verdict"] == "in step").all()
    assert rows["apart"].to_numpy() / STEP == pytest.approx([0, 0.4], abs=1e-6)


def test_lost_frames_without_a_gap_are_a_jump_and_a_wrong_rate_a_drift(tmp_path):
    frames = np.arange(1200)
    jumping = np.delete(np.arange(1204), [610, 611, 612, 613])
    times = [frames * STEP, jumping * STEP, frames * 1.001 * STEP]
    made = made_motion.write(tmp_path, made_motion.look(times), [frames * STEP] * 3)
    made.tracks.pop("view3")
    rows = run(made, tmp_path)
    parts = rows[(rows["camera"] == "view2") & (rows["window"] > 0)]
    assert parts["verdict"].tolist() == ["in step", "in step", "off by", "off by"]
    assert parts["offset_frames"].to_numpy()[2:] == pytest.approx(4, abs=0.1)
    assert whole(rows).loc["view2", "verdict"] == "off by"
    assert "loses frames" in whole(rows).loc["view2", "advice"]
    made.tracks["view3"] = made.tracks.pop("view2").with_name("view3.parquet")
    said = whole(run(made, tmp_path)).loc["view3"]
    assert said["drift"] == pytest.approx(3.6, rel=0.05)
    assert said["drift_low"] < 3.6 < said["drift_high"]
    assert "drifts by +3.6" in said["advice"]


def test_of_an_animal_that_rests_or_is_not_there_nothing_is_told(tmp_path):
    frames = np.arange(320)
    made = made_motion.write(tmp_path, made_motion.look([frames * STEP] * 3, speed=1e-4), [frames * STEP] * 3)
    rows = run(made, tmp_path)
    assert (rows["verdict"] == "cannot be told").all()
    assert (rows["low_frames"] < -3)[rows["camera"] != rows["reference"]].all()
    for path in made.tracks.values():
        files.write(path, files.empty(session.TRACKS), session.TRACKS)
    assert (run(made, tmp_path)["verdict"] == "cannot be told").all()
    for path in made.frames.values():
        session.write_frames(path, np.zeros(1))
    assert (run(made, tmp_path)["verdict"] == "cannot be told").all()


def test_of_a_long_session_some_pieces_of_each_part_are_looked_at(tmp_path, monkeypatch):
    frames = np.arange(1200)
    made = made_motion.write(tmp_path, made_motion.look([frames * STEP, (frames + 2) * STEP]), [frames * STEP] * 2)
    monkeypatch.setattr(module, "PIECE", 60)
    monkeypatch.setattr(module, "MOST_SAMPLES", 4 * 180)
    monkeypatch.setattr(module, "MIN_WINDOW", 600)
    rows = run(made, tmp_path)
    assert rows["window"].tolist() == [0, 1, 2] * 2
    assert rows["offset_frames"].to_numpy()[4:] == pytest.approx(2, abs=0.2)
    config = CONFIG | {"offsets": {}}
    read = module.read_session(made.tables, config)
    step = frame_interval(read_clock(made.frames))
    pieces = module._pieces(read, made.tracks, made.frames, (600, 1200), step, config)
    assert [len(piece.grid) for piece in pieces] == [60, 60, 60]
    assert [round(piece.grid[0] / STEP) for piece in pieces] == [600, 870, 1140]


def write_real(folder: Path, cameras: list, seen: dict[str, np.ndarray], names: list[str]) -> session.Session:
    """Write the tables of a session of real cameras; `seen`: f64[frame, keypoint, 2] px."""
    files.write(folder / "cameras.parquet", camera_rows(cameras, unit="mm"), CAMERAS)
    made = session.Session(folder / "cameras.parquet", {}, {}, {}, None, None)
    for camera, each in seen.items():
        made.tracks[camera], made.frames[camera] = folder / f"t_{camera}.parquet", folder / f"f_{camera}.parquet"
        frame, keypoint = (part.ravel() for part in np.indices(each.shape[:2]))
        rows = {"video": "v", "frame": frame, "time": frame / 30, "individual": "animal"}
        rows |= {"keypoint": np.array(names)[keypoint], "x": each[..., 0].ravel(), "y": each[..., 1].ravel()}
        rows |= {"confidence": 0.9, "sigma_px": 1.0, "fault": False}
        files.write(made.tracks[camera], pd.DataFrame(rows), session.TRACKS)
        session.write_frames(made.frames[camera], np.arange(len(each)) / 30)
    return made


def test_of_a_fly_on_a_ball_nothing_is_told(tmp_path):
    folder = DATA / "10_fly_3cam_eks_calibrated"
    if not folder.is_dir():
        pytest.skip(f"no {folder}; set MAREY_DATA")
    seen = {}
    for camera in ("A", "B", "C"):
        (path,) = folder.glob(f"*_Cam-{camera}_*rng=0.csv")
        table = pd.read_csv(path, header=[0, 1, 2], index_col=0)
        seen[camera] = table.to_numpy(float).reshape(len(table), -1, 3)[..., :2] + 0.5
    cameras = [
        camera._replace(name=camera.name.removeprefix("Cam-"))
        for camera in calibration_toml.read(folder / "calibration.toml")
    ]
    names = [f"k{number}" for number in range(12)]
    made = write_real(tmp_path, cameras, seen, names)
    rows = run(made, tmp_path, keypoints=names, symmetry=[], max_offset=1.0)
    assert (rows["verdict"] == "cannot be told").all()


def test_of_a_mouse_that_sits_nothing_is_told(tmp_path):
    folder = DATA / "09_mouse15_4cam_sleap_anipose" / "minimal_session"
    if not folder.is_dir():
        pytest.skip(f"no {folder}; set MAREY_DATA")
    import h5py

    used = ("back", "mid", "top")  # of the side camera, the calibration that comes with it is wrong
    seen = {}
    for camera in used:
        with h5py.File(folder / camera / f"minimal_{camera}_proofread.analysis.h5") as file:
            names = [name.decode() for name in file["node_names"][:]]
            seen[camera] = file["tracks"][0].transpose(2, 1, 0) + 0.5
    cameras = [camera for camera in calibration_toml.read(folder / "calibration.toml") if camera.name in used]
    made = write_real(tmp_path, sorted(cameras, key=lambda each: natural(each.name)), seen, names)
    rows = run(made, tmp_path, keypoints=names, symmetry=[], max_offset=1.0)
    assert (rows["verdict"] == "cannot be told").all()
