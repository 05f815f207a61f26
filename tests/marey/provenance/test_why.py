"""The chain behind a result, and what of it has changed since, on results whose chain is known."""

import shutil
from pathlib import Path

import pytest

from marey.__main__ import main
from marey.provenance.hashes import content_hash
from marey.provenance.why import explain

from ..made_results import RESULTS, analysis

CLIP, POSES, SHARD = (
    Path(RESULTS, name) for name in ("clips/a.mp4", "smoothed/a.parquet", "detections/a/16-32.parquet")
)


@pytest.fixture
def made(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    analysis()
    return tmp_path


def chain(lines: list[str]) -> list[str]:
    """The first line of each step."""
    ends = [i for i, line in enumerate(lines) if not line]
    return [lines[start] for start in [0, *(i + 1 for i in ends[:-1])]]


def test_the_chain_leads_back_to_labels_and_videos(made):
    lines = list(explain(CLIP))
    assert chain(lines)[0] == "render_video  video=a"
    assert set(chain(lines)) == {
        "render_video  video=a",
        "smooth_video  video=a",
        "infer_shard  start=0  stop=16  video=a",
        "infer_shard  start=16  stop=32  video=a",
        "train_model  seed=0",
        "ingest_labels",
        "probe_video  video=a",
        "probe_video  video=b",
    }
    order = chain(lines)
    assert order.index("train_model  seed=0") > order.index("infer_shard  start=16  stop=32  video=a")
    assert f"  labels       <data>/labels.csv  {content_hash('data/labels.csv')[:12]}" in lines
    assert lines.count(f"  video        <data>/a.mp4  {content_hash('data/a.mp4')[:12]}") == 4
    assert "  labelled     3 points in 3 frames: <data>/labels.csv" in lines
    assert lines[-1] == "clips/a.mp4 rests on files that have not changed since."


def test_a_step_says_when_and_where_it_ran(made):
    ran = [line for line in explain(POSES) if line.startswith("  ran")]
    assert len(ran) == 7
    assert all(", 2.5 s, on " in line and line.endswith(", cpu") for line in ran)
    (made / RESULTS / "logs" / "smooth_video" / "a.log").unlink()
    lines = list(explain(POSES))
    assert lines[:4:3] == ["smooth_video  video=a", "  ran          (its log is gone: when and where is not known)"]
    assert len(chain(lines)) == 7


def test_one_frame_has_one_shard_one_video_and_its_own_labels(made):
    lines = list(explain(CLIP, video="a", frame=7))
    assert [line for line in chain(lines) if "_" in line and "model" not in line] == [
        "render_video  video=a",
        "smooth_video  video=a",
        "infer_shard  start=0  stop=16  video=a",
        "ingest_labels",
        "probe_video  video=a",
    ]
    assert [line for line in lines if line.startswith("  row")] == [
        "  row 2        <data>/labels.csv: m snout, x 3.0, y 4.0"
    ]


def test_another_input_makes_stale_what_rests_on_it(made):
    Path("data/labels.csv").write_text("a,0,tail\n")
    stale = list(explain(CLIP))[-2:]
    assert stale == ["clips/a.mp4 is stale:", "  <data>/labels.csv has changed since ingest_labels read it"]
    assert list(explain(Path(RESULTS, "videos/a/probe.parquet")))[-1].startswith(
        "videos/a/probe.parquet rests on files"
    )


def test_an_output_that_was_edited_or_deleted_is_named(made):
    SHARD.write_bytes(Path(RESULTS, "detections/a/0-16.parquet").read_bytes())
    assert list(explain(POSES))[-1] == "  detections/a/16-32.parquet has changed since smooth_video read it"
    SHARD.unlink()
    assert list(explain(POSES))[-1] == "  detections/a/16-32.parquet is gone since smooth_video read it"


def test_results_that_moved_with_their_data_are_as_before(made):
    before = list(explain(CLIP))
    shutil.move(made / "data", made / "there" / "data")
    shutil.move(made / "results", made / "there" / "results")
    assert list(explain(made / "there" / CLIP)) == before


def test_faults_are_named(made):
    with pytest.raises(ValueError, match="smoothed/c.parquet: no such file"):
        list(explain(Path(RESULTS, "smoothed/c.parquet")))
    with pytest.raises(ValueError, match="has no row of video a, frame 99"):
        list(explain(POSES, video="a", frame=99))
    with pytest.raises(ValueError, match="give `--video` as well"):
        list(explain(POSES, frame=3))
    with pytest.raises(ValueError, match="is it an output of Marey"):
        list(explain(Path("data/labels.csv")))


def test_the_command_prints_the_chain_or_the_difference(made, monkeypatch, capsys):
    for arguments, last in (
        ([str(CLIP)], "clips/a.mp4 rests on files that have not changed since."),
        (["--diff", str(CLIP), str(CLIP)], "A and B are the same, byte for byte."),
    ):
        monkeypatch.setattr("sys.argv", ["marey", "why", *arguments])
        main()
        assert capsys.readouterr().out.splitlines()[-1] == last
