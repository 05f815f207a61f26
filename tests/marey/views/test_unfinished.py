"""Jobs that have not ended: what is quoted of their logs."""

import json

import pytest

from marey.experiment.config import load_config
from marey.tables import files, places
from marey.tables.plan import PLAN
from marey.views import unfinished


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (
            "12:00 marey.x: hello\nmarey.tables.files.TableError: no\n  more",
            "marey.tables.files.TableError: no\n  more",
        ),
        (
            "Fatal Python error: Segmentation fault\n\nCurrent thread 0x1:\n  File 'a.py'",
            "Fatal Python error: Segmentation fault",
        ),
        ("12:00 marey.x: hello\n12:01 marey.x: killed", "12:01 marey.x: killed"),
    ],
)
def test_a_job_that_failed_is_quoted_from_its_error_on(tmp_path, said, message):
    (tmp_path / "a.log").write_text(f"{{}}\n{said}\n")
    assert unfinished._ending(tmp_path / "a.log").startswith(message)


def test_jobs_of_rigs_and_sessions_of_an_earlier_sheet_do_not_count(tmp_path):
    raw = {"project": "p", "keypoints": ["nose"], "videos": "v.tsv", "cameras": {"calibration": "{session}.toml"}}
    rows = {name: {"session": "day1", "camera": camera} for name, camera in (("a", "top"), ("b", "side"))}
    failed = [{"session": "day1"}, {"session": "day2"}, {"rig": "day1"}, {"rig": "day2"}]
    failed += [{"rig": "day1", "video": name} for name in ("top", "back", "a")]
    for number, wildcards in enumerate(failed):
        record = {"rule": "r", "wildcards": wildcards, "outputs": ["<results>/x"]}
        log = tmp_path / places.LOGS / f"{number}.log"
        log.parent.mkdir(exist_ok=True)
        log.write_text(f"{json.dumps(record)}\nValueError: no\n")
    found = unfinished.unfinished_jobs(tmp_path, rows, files.empty(PLAN), load_config(raw))
    assert [job.about for job in found] == ["session day1", "rig day1", "rig day1, camera top"]


def test_poses_in_space_are_of_an_earlier_run_where_what_they_rest_on_did_not_end():
    raw = {"project": "p", "keypoints": ["nose"], "videos": "v.tsv", "cameras": {"calibration": "{session}.toml"}}
    days = ("day1", "day2", "day3", "day4")
    rows = {f"{day}{camera}": {"session": day, "camera": camera} for day in days for camera in ("top", "side")}
    jobs = [("read_calibration", {"rig": "day1"}), ("smooth_session", {"session": "day2"})]
    jobs += [("render_session", {"session": "day3"}), ("track_video", {"video": "day4top"})]
    found = [unfinished.UnfinishedJob(rule, wildcards, "x.log", "no") for rule, wildcards in jobs]
    assert unfinished.unfinished_sessions(found, rows, load_config(raw)) == {"day1", "day2"}
    together = load_config({**raw, "cameras": {"calibration": "all.toml"}})
    board = [unfinished.UnfinishedJob("calibrate_cameras", {"rig": "all"}, "x.log", "no")]
    assert unfinished.unfinished_sessions(board, rows, together) == set(days)
