"""What is to be exported, checked before anything runs."""

import pytest

from marey.experiment import exports
from marey.experiment.config import ConfigError, load_config
from marey.experiment.validation import schema, with_defaults

SESSION = {"species": "Mus musculus", "age": "P90D", "session_start": "2026-01-02T10:00:00+01:00"}


def config(**export) -> dict:
    return load_config({"project": "p", "data": "d", "videos": "v", "keypoints": ["a"], "export": export})


def videos(*names: str, **row) -> dict[str, dict]:
    return {name: with_defaults({"video": name, "path": f"{name}.mp4", **row}, schema("videos")) for name in names}


def fault(config: dict, videos: dict, **options) -> str:
    with pytest.raises(ConfigError) as error:
        exports.check_exports(config, videos, **options)
    return str(error.value)


def test_nothing_is_asked_of_an_experiment_without_exports():
    exports.check_exports(config(), videos("a", "a.dlc"))


def test_two_videos_that_would_have_one_file():
    text = fault(config(formats=["csv", "dlc.csv"]), videos("a", "a.dlc"))
    assert text == "videos 'a' and 'a.dlc': both would be exported as a.dlc.csv; name one otherwise in the sheet"


def test_what_nwb_needs_is_named_with_an_example():
    text = fault(config(formats=["nwb"]), videos("a"), installed=False)
    assert "config: export.nwb.species: NWB files need it; write it, such as Mus musculus" in text
    assert "export.nwb.age: NWB files need it; write it, such as P90D, or a column `age` of the sheet" in text
    assert "a column `recorded` of the sheet (video 'a' has none)" in text


def test_config_and_sheet_together_say_what_nwb_needs():
    asked = config(formats=["nwb"], nwb={"species": "Mus musculus"})
    row = {"age": "P12W", "recorded": "2026-01-02T10:00:00Z", "sex": "F", "subject": "m1"}
    exports.check_exports(asked, videos("a", **row), installed=False)
    session = exports.export_config(asked, "nwb", videos("a", **row)["a"])["export"]["nwb"]
    assert session == {
        "species": "Mus musculus",
        "age": "P12W",
        "sex": "F",
        "subject": "m1",
        "session_start": "2026-01-02T10:00:00Z",
        "description": None,
    }


def test_sessions_need_what_any_of_their_videos_says():
    asked = config(sessions=["nwb"], nwb={"species": "Mus musculus"})
    rows = videos("a", age="P12W", recorded="2026-01-02T10:00:00Z") | videos("b")
    exports.check_exports(asked, rows, {"s": {"top": "a", "side": "b"}}, installed=False)
    exports.check_exports(asked, rows, {"s": {"side": "b", "top": "a"}}, installed=False)
    exports.check_exports(asked, rows, installed=False)
    assert "(video 'b' has none)" in fault(asked, rows, sessions={"s": {"side": "b"}}, installed=False)


def test_videos_of_a_session_that_contradict_each_other_are_named():
    asked = config(sessions=["nwb"], nwb=SESSION)
    views = {"top": "a", "side": "b", "front": "c"}
    rows = videos("a", subject="m1") | videos("b", subject="m1", sex="F") | videos("c")
    exports.check_exports(asked, rows, {"s": views}, installed=False)
    text = fault(asked, rows | videos("c", subject="m2"), sessions={"s": views}, installed=False)
    assert text == (
        "session 's': its NWB file has one `subject`, but the sheet says 'm1' of video 'a' and 'm2' of 'c'; "
        "write the same for all videos of the session"
    )


def test_a_session_is_what_its_videos_say_together_and_begins_with_the_first():
    early, late = "2026-01-02T10:00:01+01:00", "2026-01-02T09:00:02Z"
    rows = videos("a", recorded=late) | videos("b", recorded=early, subject="m1") | videos("c")
    row = exports.session_row({"x": "a", "y": "b", "z": "c"}, rows)
    assert (row["video"], row["recorded"], row["subject"], row["sex"]) == ("a", early, "m1", rows["a"]["sex"])


def test_two_sessions_that_would_have_one_file():
    asked, sessions = config(sessions=["csv", "anipose.csv"]), {"a": {}, "a.anipose": {}}
    text = fault(asked, {}, sessions=sessions)
    assert "sessions 'a' and 'a.anipose': both would be exported as sessions/a.anipose.csv" in text


@pytest.mark.parametrize("start", ["2026-01-02T10:00:00", "yesterday", "2026-13-02T10:00:00Z"])
def test_a_start_of_the_session_without_an_offset_or_meaning(start):
    text = fault(config(formats=["nwb"], nwb={**SESSION, "session_start": start}), videos("a"), installed=False)
    assert f"video 'a': '{start}' is no time with an offset from UTC" in text


def test_packages_that_are_missing_here(monkeypatch):
    monkeypatch.setattr(exports, "find_spec", lambda name: None)
    asked = config(formats=["nwb"], nwb=SESSION)
    assert "nwb needs pynwb and ndx_pose, not installed here" in fault(asked, videos("a"))
    exports.check_exports(asked, videos("a"), installed=False)


def test_the_export_of_another_format_reads_nothing_of_nwb():
    asked = config(formats=["nwb", "slp"], nwb=SESSION)
    row = videos("a", subject="m1")["a"]
    assert exports.export_config(asked, "slp", row)["export"] == {"source": "smoothed"}
