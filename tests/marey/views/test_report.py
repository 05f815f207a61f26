"""The page as a whole: what it opens on, what it holds of many videos, and what it makes of broken results."""

import importlib.util
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from marey.tables import files
from marey.tables.history import HISTORY
from marey.views import exhibits
from marey.views.report import write_report

from .. import made_report

REPOSITORY = Path(__file__).parents[3]
VOID = {"br", "img", "meta", "link", "hr", "input"}


class _Page(HTMLParser):
    """A page's text, links, anchors and embedded media; raises where a tag is not closed."""

    def __init__(self, html: str):
        super().__init__()
        self.open, self.text, self.links, self.anchors, self.media, self.outside = [], "", [], set(), [], []
        self.tags = set()
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.open += [] if tag in VOID else [tag]
        self.tags.add(tag)
        self.anchors |= {attributes["id"]} if "id" in attributes else set()
        self.links += [attributes["href"]] if tag == "a" else []
        source = attributes.get("src", "")
        self.media += [source.partition(";")[0]] if source else []
        self.outside += [value for name, value in attrs if name in ("src", "href") and value and "//" in value[:10]]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.text += data.replace("\N{NO-BREAK SPACE}", " ")


def page(made: made_report.Made) -> _Page:
    """The report of a made experiment."""
    return _Page(write_report(*made).read_text(encoding="utf-8"))


def test_it_opens_on_the_test_error_and_what_to_do_next(tmp_path):
    found = page(made_report.finish(made_report.config(tmp_path)))
    start = found.text.partition("Methods")[2][:900]
    assert "Done: all 3 videos are analysed." in start
    assert re.search(r"Test error\s*4.20 px\s*95 % interval 3.10 to 5.30 px\s*0.14 body lengths", start)
    assert "What to do next" in start
    assert found.media.count("data:video/mp4") == 3
    assert found.outside == []
    assert str(tmp_path) not in found.text
    assert {link[1:] for link in found.links if link.startswith("#")} <= found.anchors
    for link in found.links:
        assert link.startswith(("#", "logs/", "smoothed/", "clips/")) or (tmp_path / "results" / "made" / link).exists()


def test_of_labels_alone_it_says_nothing_of_videos(tmp_path):
    made = made_report.finish(made_report.config(tmp_path))
    found = page(made._replace(config={**made.config, "videos": []}, videos={}))
    assert "Done: the model is trained and tested. There are no videos to analyse." in found.text
    assert "15 labelled images, 60 points." in found.text
    assert re.search(r"Test error\s*4.20 px", found.text)
    assert not {"videos", "all", "look"} & found.anchors
    assert {link[1:] for link in found.links if link.startswith("#")} <= found.anchors
    for text in ("0 videos", "0 of 0", "Nothing is done", "Poses were estimated"):
        assert text not in found.text


def test_of_many_videos_it_holds_a_dozen_and_links_to_the_rest(tmp_path):
    made = made_report.finish(made_report.config(tmp_path, videos=120, several=True))
    found = page(made)
    assert "12 videos that most need a look" in found.text
    cards = [name for name in found.anchors if name.startswith("video-")]
    assert len(cards) == 12
    for name in set(made.videos) - {"video0007", "video0107"}:
        assert f"clips/{name}.mp4" in found.links
    assert len([kind for kind in found.media if kind == "data:video/mp4"]) <= 24
    assert re.search(r"OKS mAP\s*0.91", found.text)
    assert "poses left out" in found.text
    assert "1,234" in found.text
    assert re.search(r"Faulty videos\s*4\s*2 not readable\s*2 cut short", found.text)
    assert "The file is <text>." in found.text


def test_without_labels_it_asks_for_some(tmp_path):
    made = made_report.config(tmp_path, labelled=False)
    made_report.probed(made, 100)
    made_report.sampled(made, 2)
    found = page(made)
    assert "No labels yet: label the 6 frames of 3 videos in samples.parquet" in found.text
    assert "Test error" not in found.text


def test_without_labels_it_leads_to_the_kits(tmp_path):
    made = made_report.config(tmp_path, labelled=False)
    made_report.probed(made, 100)
    made_report.sampled(made, 2)
    for name in ("ann", "ben", "earlier/0123456789abcdef"):
        path = made.results / "kits" / f"{name}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    found = page(made)
    assert "label the 6 frames of 3 videos in kits/ann.html and kits/ben.html, in a browser" in found.text
    assert [link for link in found.links if "kits" in link] == ["kits/ann.html", "kits/ben.html"]


def test_before_anything_is_there_it_says_so(tmp_path):
    assert "Nothing is done yet." in page(made_report.config(tmp_path)).text


def test_names_and_messages_are_text_and_never_markup(tmp_path):
    made = made_report.config(tmp_path)
    made.config["keypoints"] = ["<script>alert(1)</script>"]
    said = "ValueError: <b>bold</b> & more\nwhat to do"
    made_report.log(made, "ingest_labels", "ingest_labels", "labels/labels.parquet", said=f"Traceback\n{said}")
    html = write_report(*made).read_text()
    assert "<script" not in html
    assert "<b>bold" not in html
    assert said in _Page(html).text


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Traceback\n  File a\nKeyboardInterrupt", "Stopped (by Ctrl-C, for instance): run snakemake again"),
        ("Traceback\n  File a\nMemoryError", "MemoryError"),
    ],
)
def test_a_job_that_was_stopped_is_said_to_be(tmp_path, said, shown):
    made = made_report.config(tmp_path)
    made_report.log(made, "train_model", "train_model", "models/0-0/model.json", said=said)
    found = page(made).text
    assert shown in found
    assert "KeyboardInterrupt" not in found


def test_a_table_that_is_broken_is_named_and_costs_nothing_else(tmp_path):
    made = made_report.finish(made_report.config(tmp_path))
    (made.results / "quality" / "video0001.parquet").write_text("no table")
    found = page(made)
    assert "1 table could not be read" in found.text
    assert "video0001.parquet: not a whole Parquet file" in found.text
    assert found.media.count("data:video/mp4") == 2


def test_every_figure_that_the_rules_report_is_on_the_page():
    kinds = (
        exhibits.SUSPECTS_FIGURE,
        exhibits.SAMPLED_FIGURE,
        exhibits.OUTLIERS_FIGURE,
        exhibits.AUGMENTED_FIGURE,
        exhibits.FOLD_FIGURES,
        exhibits.ELSEWHERE_FIGURES,
        exhibits.TRAINING_FIGURE,
    )
    kinds += (exhibits.VIDEO_CLIPS, exhibits.VIDEO_FIGURES, exhibits.REVIEW_CLIPS, exhibits.REVIEW_FIGURES)
    kinds += (exhibits.SESSION_CLIPS, exhibits.SESSION_FIGURES)
    shown = {item for kind in kinds for item in kind.values()}
    rules = "".join(path.read_text() for path in (REPOSITORY / "rules").glob("*.smk"))
    flagged = re.findall(r'report\(\s*"<results>/(.*?)",\s*caption="\.\./workflow/report/(.*?)\.rst"', rules)
    assert set(flagged) - {("figures/videos.png", "videos")} == shown  # its table is on the page itself


def test_names_from_anywhere_are_text_on_the_page(tmp_path, monkeypatch):
    name = '"></script><script>alert(1)</script><img src=x onerror=alert(2)>'
    made = made_report.config(tmp_path, several=True)
    monkeypatch.setattr(made_report, "KEYPOINTS", [name, *made_report.KEYPOINTS[1:]])
    made.config["keypoints"] = made_report.KEYPOINTS  # as if nothing had checked it
    path = write_report(*made_report.finish(made))
    found = _Page(path.read_text(encoding="utf-8"))
    assert name in found.text
    assert "script" not in found.tags
    assert "x" not in found.media


def test_the_benchmark_measures_a_page(tmp_path):
    specification = importlib.util.spec_from_file_location("report", REPOSITORY / "benchmarks" / "report.py")
    benchmark = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(benchmark)
    cost = benchmark.measure(tmp_path, videos=2, shards=1, clip=b"clip")
    assert cost.clips >= 2
    assert 0 < cost.size < 60
    assert cost.cpu > 0


@pytest.mark.parametrize(
    ("output", "shown"), [("detections/video0001/0-1000", True), ("detections/video0001/0-500", False)]
)
def test_jobs_without_outputs_are_told_if_they_are_of_this_plan(tmp_path, output, shown):
    made = made_report.finish(made_report.config(tmp_path))
    start, stop = output.rpartition("/")[2].split("-")
    path = made.results / f"{output}.parquet"
    path.unlink(missing_ok=True)
    wildcards = {"video": "video0001", "start": start, "stop": stop}
    said = "MemoryError: too large"
    made_report.log(made, f"infer_shard/video0001/{start}", "infer_shard", f"{output}.parquet", said=said, **wildcards)
    made_report.log(
        made, "infer_shard/gone", "infer_shard", "detections/gone/0-9.parquet", video="gone", start="0", stop="9"
    )
    text = page(made).text
    assert ("MemoryError: too large" in text) == shown
    assert "gone" not in text
    assert json.dumps(wildcards) not in text


def test_what_is_left_out_is_said_line_by_line_and_in_sum(tmp_path):
    made, said = made_report.finish(made_report.config(tmp_path, videos=9)), []
    (tmp_path / "data" / "video0002.mp4").unlink()
    write_report(*made, say=said.append)
    assert said[0].startswith("Not analysed: video 'video0002': ")
    assert said[0].endswith("Put it back, correct its path, or take it out of the sheet.")
    assert said[1:] == [
        "Not analysed: video 'video0007': The file is <text>.",
        "2 of 9 videos cannot be analysed; the report says more.",
    ]


def test_what_a_model_that_was_trained_further_forgot_is_shown(tmp_path):
    made = made_report.config(tmp_path)
    assert "Before and after" not in page(made).text
    made.config["model"]["replay"] = 0.25
    rows = [(0, None, 9.5, 3.25), (1, 0.1, None, None), (2, 0.1, 2.5, 4.0)]
    columns = {name: [None] * 3 for name in HISTORY.names}
    columns |= dict(zip(("step", "loss", "validation_error", "replay_error"), zip(*rows, strict=True), strict=True))
    files.write(made.results / "models" / "0-0" / "history.parquet", columns, HISTORY)
    shown = page(made).text.partition("Before and after training further")[2]
    assert re.search(r"0\s*0\s*9.50 to 2.50 px\s*3.25 to 4.00 px of the network's input", shown)
