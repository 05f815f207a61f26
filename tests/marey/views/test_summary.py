"""Figures at a glance and advice, from tables whose answer is known."""

import pandas as pd
import pytest

from marey.tables import files, places
from marey.tables.labels import LABELS
from marey.tables.metrics import METRICS
from marey.tables.plan import PLAN
from marey.tables.quality import QUALITY
from marey.tables.suspects import SUSPECTS
from marey.views import advice, listings, methods, ranking, results, summary

from .. import made_report


@pytest.fixture
def made(tmp_path) -> made_report.Made:
    return made_report.finish(made_report.config(tmp_path, videos=30))


def read(made: made_report.Made, folds: int = 1) -> results.ExperimentResults:
    split = {**made.config["split"], "folds": folds}
    return results.read_results(made.results, made.videos, {**made.config, "split": split})


def advised(made: made_report.Made) -> str:
    return "\n".join(step.text for step in advice.advise(read(made))).replace("\N{NO-BREAK SPACE}", " ")


def tiles(found: results.ExperimentResults) -> dict[str, summary.Tile]:
    return {tile.title: tile for tile in summary.tiles(found)}


def spoil(made: made_report.Made, name: str, low: int) -> None:
    """Give a video `low` positions of low confidence for each keypoint."""
    path = made.results / "quality" / f"{name}.parquet"
    files.write(path, files.read(path, QUALITY).assign(low=low), QUALITY)


def change(made: made_report.Made, **values) -> None:
    """Change the mean error of the test frames over all keypoints, or of a keypoint named instead of `all`."""
    path = made.results / "models" / "0" / "metrics.parquet"
    table = pd.read_parquet(path)
    for keypoint, row in values.items():
        which = (table["keypoint"] == keypoint) & (table["part"] == "test") & (table["metric"] == "mean_error")
        table.loc[which, list(row)] = list(row.values())
    files.write(path, table, METRICS)


def test_the_body_length_is_that_of_the_labels(made):
    assert read(made).body_length == 30.0
    assert "0.14 body lengths" in tiles(read(made))["Test error"].notes


def test_without_an_interval_it_says_why(made):
    change(made, all={"low": float("nan"), "high": float("nan"), "groups": 2})
    assert "no interval: 2 groups of test frames, fewer than 6" in tiles(read(made))["Test error"].notes
    found = read(made)
    said = listings.metrics_table({"fold 0": found.overall.assign(groups=2)}).more
    assert said.startswith("No interval below 6 groups of test frames (fold 0: 2)")
    assert listings.metrics_table({"fold 0": found.overall.assign(groups=6)}).more == ""


def test_over_folds_there_is_one_number_with_its_interval_and_the_range(made):
    change(made, all={"value": 4.0})
    first = pd.read_parquet(made.results / "models" / "0" / "metrics.parquet")
    for fold, more in (("1", 2), ("all", 0.8)):
        table = first.assign(**{name: first[name] + more for name in ("value", "low", "high")})
        files.write(made.results / "models" / fold / "metrics.parquet", table, METRICS)
    found = read(made, folds=2)
    tile = tiles(found)["Test error"]
    said = [text.replace("\N{NO-BREAK SPACE}", " ") for text in (tile.value, *tile.notes)]
    assert said[:3] == ["4.80 px", "95 % interval 3.90 to 6.10 px", "2 folds: 4.00 to 6.00 px"]
    table = listings.metrics_table(listings.metric_columns(found.metrics, found.overall))
    assert table.columns == ["metric", "all folds", "fold 0", "fold 1"]
    assert [cell.partition("\N{NO-BREAK SPACE}")[0] for cell in table.rows[0]] == ["mean error", "4.80", "4.00", "6.00"]
    assert "4.80 px (over 2 folds; 95\N{NO-BREAK SPACE}% interval" in methods.methods_paragraph(made.config, found)


def test_labels_that_are_named_but_not_read_yet_are_not_asked_for(tmp_path):
    made = made_report.config(tmp_path)
    made_report.probed(made, 100)
    made_report.sampled(made, 2)
    assert summary.headline(read(made)) == ("0 of 3 videos are analysed so far.", "warn")
    assert advised(made) == "3 videos wait for the workflow: run snakemake again."


def test_a_video_that_no_tool_predicted_waits_for_nothing_without_labels(tmp_path):
    made = made_report.config(tmp_path)
    made_report.probed(made, 100)
    some = read(made)._replace(predicted={"a", *list(made.videos)[:1]}, trains=False)
    said = " ".join(item.text for item in advice.advise(some))
    assert "1 video waits for the workflow: run snakemake again." in said
    assert f"2 videos are in no file of predictions ({' and '.join(list(made.videos)[1:])})" in said


def test_a_missing_shard_makes_a_video_unfinished(made):
    for path in ("detections/video0003/0-1000.parquet", "logs/infer_shard/video0003/0-1000.log"):  # its job waits
        (made.results / path).unlink()
    found = read(made)
    assert not found.videos.loc["video0003", "done"]
    assert found.videos["done"].sum() == 28  # of 30, of which one cannot be read
    assert found.videos["analysed"].sum() == 28 * made_report.LENGTH
    assert summary.headline(found) == ("28 of 29 videos are analysed so far.", "warn")


def test_labels_are_asked_of_videos_that_stand_out(made):
    for name in sorted(set(made.videos) - {"video0007"}):
        spoil(made, name, 20)
    assert "confidence is often low" not in advised(made)
    spoil(made, "video0020", 400)
    spoil(made, "video0021", 300)
    text = "Label frames of video0020 and video0021: confidence is often low there (up to 40.0 % of the positions)."
    assert text in advised(made)
    spoil(made, "video0000", 500)  # of which frames are labelled
    assert "Label more frames of video0000, video0020 and video0021" in advised(made)


def test_a_keypoint_that_is_found_worse_than_the_others_is_named(made):
    assert "found worst" not in advised(made)
    change(made, snout={"value": 20.0})
    assert "snout is found worst (20.0 px; the median keypoint 4.20 px)" in advised(made)


def test_a_model_that_knows_its_frames_by_heart_is_told(made):
    change(made, all={"value": 6.1})
    assert "The error is 6.10 px on test frames, but 2.00 px on frames that trained" in advised(made)


def test_suspicious_labels_are_counted(made):
    assert "2 labels look wrong" in advised(made)
    path = made.results / "labels" / "suspects.parquet"
    files.write(path, files.read(path, SUSPECTS).head(1), SUSPECTS)
    assert "1 label looks wrong" in advised(made)
    files.write(path, files.empty(SUSPECTS), SUSPECTS)
    assert "wrong" not in advised(made)


def test_videos_with_animals_of_other_sizes_are_told(made):
    path = made.results / places.TABLES["labels"]
    assert "differ much in size" not in advised(made)
    table = files.read(path, LABELS)
    other = table["video"] == table["video"].iloc[-1]
    table.loc[other, ["x", "y"]] *= 3
    files.write(path, table, LABELS)
    assert "Animals differ much in size (usually " in advised(made)
    assert f" px in {table['video'].iloc[-1]}): label frames of each size" in advised(made)


def test_where_nothing_is_left_to_do_it_says_so(tmp_path):
    made = made_report.finish(made_report.config(tmp_path, videos=3))
    files.write(made.results / "labels" / "suspects.parquet", files.empty(SUSPECTS), SUSPECTS)
    found = read(made)
    found = found._replace(overall=found.overall.assign(groups=6))
    frames = pd.concat([found.splits.assign(frame=found.splits["frame"] + 100 * index) for index in range(20)])
    assert [step.text for step in advice.advise(found._replace(splits=frames))] == [
        "Nothing calls for a look. The poses are ready to use."
    ]


def test_a_video_without_the_frames_that_the_sheet_asks_for_is_named_and_not_waited_for(tmp_path):
    made = made_report.config(tmp_path, videos=2)
    made.videos["video0000"]["frames"] = f"{made_report.LENGTH}:"
    made.videos["video0001"]["frames"] = f"{made_report.LENGTH - 1}:"  # its last frame
    made_report.finish(made)
    plan = made.results / "plan.parquet"
    rows = files.read(plan, PLAN)
    files.write(plan, rows[rows["video"] == "video0001"], PLAN)
    found = read(made)
    assert "1 video does not have what the sheet asks for (video0000: frames 1000:, but it has 1,000" in advised(made)
    assert "wait" not in advised(made)
    assert summary.headline(found) == ("1 of 2 videos are analysed; the others cannot be.", "bad")
    states = {row["video"]: row["state"] for row in listings.video_rows(found.videos)}
    assert states == {"video0000": "asked for frames 1000:, but it has 1,000, counted from 0", "video0001": "done"}
    assert [item.video for item in ranking.choose_videos(found.videos)] == ["video0001"]  # no results of an earlier run


def test_frames_beyond_the_end_of_a_video_are_said(tmp_path):
    made = made_report.config(tmp_path, videos=2)
    made.videos["video0000"]["frames"] = f"5:{made_report.LENGTH + 1}"
    made.videos["video0001"]["frames"] = f"5:{made_report.LENGTH}"
    made_report.finish(made)
    rows = listings.faults_table(read(made).videos).rows
    assert [(row[0], row[3]) for row in rows] == [("video0000", "The sheet asks for frames 5:1001, but it has 1,000.")]


def test_a_missing_video_is_named_and_the_run_is_no_full_success(tmp_path):
    made = made_report.finish(made_report.config(tmp_path, videos=2))
    (tmp_path / "data" / "video0001.mp4").unlink()
    found = read(made)
    assert "1 video is missing (video0001): put back what is named, or correct the sheet." in advised(made)
    assert "wait" not in advised(made)
    assert "could not be read" not in advised(made)
    assert summary.headline(found) == ("1 of 2 videos are analysed; the others cannot be.", "bad")
    assert listings.faults_table(found.videos).rows[0][0] == "video0001"
    states = {row["video"]: row["state"] for row in listings.video_rows(found.videos)}
    assert states == {"video0000": "done", "video0001": "missing"}


def test_poses_of_another_experiment_s_model_are_said_to_be_compared_with_no_label(made):
    found = read(made)
    assert summary.foreign_model(found) == ""
    found = found._replace(metrics=found.metrics[:0])
    for calibration, said in (("elsewhere", "calibrated on the labels of that experiment"), ("uncalibrated", "never")):
        text = summary.foreign_model(found._replace(adopted="zoo:mouse_top", calibration=calibration))
        assert text.startswith("No label of this project has ever been compared with these poses")
        assert "zoo:mouse_top" in text
        assert said in text


def rounds(*kept: bool) -> pd.DataFrame:
    """Rows of table `adaptation`: the first round has rendered images alone, the others 40 pseudo-labels each."""
    values = {f"{name}_{when}": 0.125 for name in ("disagreement", "error") for when in ("before", "after")}
    row = {"images": 160, "made": 80, "steps": 250, "videos": ["a", "b"], "left_out": ["b: the camera moved"], **values}
    return pd.DataFrame(
        [{**row, "round": index, "pseudo_labels": 40 * index, "kept": each} for index, each in enumerate(kept)]
    )


@pytest.mark.parametrize(
    ("kept", "said", "done"),
    [
        ((False, False), "did not make it contradict itself less: it is used as it was.", "used as it was"),
        ((True,), "(2 videos), on 160 rendered images over their empty places: it", "trained further (250 steps)"),
        ((True, True), "places, and on 40 frames that it had labelled itself: it", "and on 40 pseudo-labelled frames"),
    ],
)
def test_it_is_said_on_what_a_model_was_trained_further(made, kept, said, done):
    found = read(made)._replace(adopted="zoo:mouse_top", calibration="uncalibrated", adaptation=rounds(*kept))
    assert said in summary.foreign_model(found).replace("\N{NO-BREAK SPACE}", " ")
    assert done in methods.methods_paragraph(made.config, found).replace("\N{NO-BREAK SPACE}", " ")
    table = listings.adaptation_table(found.adaptation)
    assert [row[-1] for row in table.rows] == ["yes" if each else "no" for each in kept]
    assert table.rows[0][1:5] == ["240", "0", "250", "0.125 to 0.125 body lengths"]
    assert table.more == "b: the camera moved"


def test_a_model_that_every_label_tests_is_said_to_be_so(made):
    found = read(made)._replace(trains=False, adopted="zoo:mouse_top", left_out=["paw", "spot"])
    text = summary.foreign_model(found)
    assert text.startswith("No label trained the model")
    assert "every labelled frame tests it" in text
    assert text.endswith("It does not know paw, spot: labels of these were left out.")
    paragraph = methods.methods_paragraph(made.config, found)
    assert "zoo:mouse_top) and used as it was" in paragraph
    assert "was trained for" not in paragraph
    assert "was trained for" in methods.methods_paragraph(made.config, read(made))
    assert "split.folds" not in " ".join(each.text for each in advice.advise(found))


def test_the_least_sure_scale_comes_first():
    rows = {"video": ["a", "b"], "size": [93.4, float("nan")], "scale": [1.1429, 0.5], "confidence": [0.7, 0.2]}
    rows |= {"source": ["measured", "config"], "sized_frames": [12, 0], "frames": [12, 12]}
    first, second = listings.scales_table(pd.DataFrame(rows)).rows
    assert first == ["b", "not known", "0.5", "model.scale", "0.20", "0 of 12"]
    assert second == ["a", "93\N{NO-BREAK SPACE}px", "1.14", "measuring", "0.70", "12 of 12"]
