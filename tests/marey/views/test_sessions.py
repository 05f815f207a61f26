"""Sessions in the report: the worst first, in words that are right where nothing could be measured."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from marey.tables import files, places
from marey.tables.session_metrics import SESSION_METRICS
from marey.views.media import MediaBudget
from marey.views.report import write_report
from marey.views.sessions import overall, ranked, session_cards, sessions_table, tiles

from .. import made_report


def metrics(error: float, *, measured: float = 0.9, cameras: int = 3) -> pd.DataFrame:
    """A table `session_metrics`."""
    values = {"left_out_median": error, "left_out_p95": 4 * error, "reprojection_median": error / 2}
    values |= {"measured": measured, "bridged": 0.05, "rejected": 0.02}
    rows = [("limb_variation", "all", "a", "nose", "tail", value) for value in (0.01, 0.03, 0.08)]
    for name, value in values.items():
        rows.append((name, "all", "all", "all", None, value))
        rows += [(name, f"cam{at}", "all", "nose", None, 77.0) for at in range(cameras)]
    table = pd.DataFrame(rows, columns=["metric", "camera", "individual", "keypoint", "other", "value"])
    return table.assign(unit="px", points=9)


def test_the_worst_come_first_with_their_figures():
    sessions = {"good": metrics(1.0), "bad": metrics(5.0), "two cameras": metrics(np.nan, cameras=2)}
    assert ranked(sessions) == ["bad", "good", "two cameras"]
    rows = [("a", "a", "in step", 0.0), ("b", "a", "off by", -5.0), ("c", "a", "cannot be told", 1.0)]
    sync = pd.DataFrame(rows, columns=["camera", "reference", "verdict", "offset_frames"]).assign(window=0)
    out_of_step = {"bad": sync, "good": sync.iloc[[0, 2]], "two cameras": sync.iloc[:1]}
    table = sessions_table(sessions, out_of_step, {})
    cells = [[cell.replace("\N{NO-BREAK SPACE}", " ") for cell in row] for row in table.rows]
    assert [row.pop(2) for row in cells] == ["b off by -5.0 frames", "cannot be told", "yes"]
    assert sessions_table(sessions, {}, {}).rows[0][2] == "-"
    assert cells[0] == ["bad", "3", "1", "90.0 %", "5.0 %", "2.0 %", "5.00 px", "20.0 px", "2.50 px", "3.0 %"]
    assert cells[2][:2] + cells[2][6:9] == ["two cameras", "2", "-", "-", "-"]
    assert table.more == "an error against the other cameras takes three: there is none of two cameras"
    assert np.isnan(overall(metrics(2.0), "unheard of"))


def test_tracks_of_which_it_is_unsure_whose_they_are_are_counted():
    matches = pd.DataFrame({"individual": ["a", "b", None, "a"], "margin": [0.9, 0.2, 0.0, 0.7]})
    table = sessions_table({"one": metrics(1.0), "two": metrics(2.0)}, {}, {"one": matches, "two": matches[:1]})
    assert table.columns[4] == "tracks matched"
    assert [row[4] for row in table.rows] == ["1", "4, 2 to look at"]


def test_sessions_that_are_not_finished_are_named_alone():
    assert sessions_table({"a": metrics(1.0)}, {}, {}, {"z", "y"}).more == "not finished, and so left out: y, z"


def test_the_tile_is_the_middle_session():
    sessions = {str(at): metrics(at, measured=at / 10) for at in (1.0, 2.0, 9.0)}
    (tile,) = tiles(sessions)
    assert tile.value.replace("\N{NO-BREAK SPACE}", " ") == "20.0 %"
    assert "2.00" in tile.notes[0]
    assert tile.notes[1:] == ["3 sessions", "2 to look at"]
    assert tile.level == "warn"
    assert tiles({"a": metrics(1.0)})[0].level == "good"
    assert tiles({}) == []
    assert tiles({"a": metrics(np.nan, measured=np.nan)})[0].value == "-"


def test_of_many_sessions_a_few_are_shown(tmp_path):
    sessions = {f"s{at}": metrics(at) for at in range(1, 20)}
    for name in sessions:
        path = tmp_path / places.FIGURES["rig"].format(session=name)
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4)).save(path)
    cards = session_cards(MediaBudget(tmp_path), sessions)
    assert [card["session"] for card in cards] == ["s19", "s18", "s17", "s16", "s15", "s14"]
    assert [item.title for item in cards[0]["figures"]] == ["Rig and paths"]
    assert "7 more" in sessions_table(sessions, {}, {}).more


@pytest.mark.parametrize("broken", [False, True])
def test_the_report_has_a_section_of_them(tmp_path, broken):
    made = made_report.finish(made_report.config(tmp_path))
    files.write(made.results / "session_metrics" / "s1.parquet", metrics(2.0), SESSION_METRICS)
    if broken:
        (made.results / "session_metrics" / "s2.parquet").write_text("no table")
    figure = made.results / places.FIGURES["coverage"].format(session="s1")
    figure.parent.mkdir(parents=True)
    Image.new("RGB", (4, 4)).save(figure)
    page = write_report(*made).read_text(encoding="utf-8")
    assert '<h2 id="sessions">In space</h2>' in page
    assert "How much of session s1 has poses in space" in page
    assert ("s2.parquet: not a whole Parquet file" in page) == broken
