"""The table of corrections: what its rows become, and every wrong one is named."""

import pytest

from marey.experiment.config import ConfigError, load_config
from marey.experiment.corrections import read_corrections
from marey.experiment.stages import tracking_config

VIDEOS = {"mouse1": {"animals": None}, "mouse2": {"animals": "3"}}
HEAD = "video\tframe\taction\tfirst\tsecond\tuntil\n"


def experiment(tmp_path, text=None, **animals):
    if text is not None:
        (tmp_path / "fixes.tsv").write_text(text)
        animals["corrections"] = "fixes.tsv"
    return load_config({"project": "p", "data": str(tmp_path), "videos": ".", "animals": animals})


def test_rows_of_each_video_in_order(tmp_path):
    rows = "mouse2\t7\tdelete\tanimal1\t\t9\nmouse1\t12\tswap\tanimal1\tanimal2\t\nmouse2\t3\tsplit\tanimal2\tnew\t\n"
    found = read_corrections(experiment(tmp_path, HEAD + rows), VIDEOS)
    swap = {"action": "swap", "first": "animal1", "frame": 12, "second": "animal2", "until": None}
    assert found["mouse1"] == [swap]
    assert [(row["action"], row["second"], row["until"]) for row in found["mouse2"]] == [
        ("delete", None, 9),
        ("split", "new", None),
    ]


def test_rows_know_nothing_of_other_rows(tmp_path):
    """An edit of the rows of one video changes nothing for another."""
    mine = "mouse1\t12\tswap\tanimal1\tanimal2\t\n"
    one = read_corrections(experiment(tmp_path, HEAD + mine), VIDEOS)["mouse1"]
    assert (
        read_corrections(experiment(tmp_path, HEAD + "mouse2\t7\tdelete\tanimal1\t\t\n" + mine), VIDEOS)["mouse1"]
        == one
    )


def test_names_have_the_form_of_all_names(tmp_path):
    found = read_corrections(experiment(tmp_path, HEAD + "mouse1\t1\tswap\tAndre\u0301\tb\t\n"), VIDEOS)
    assert found["mouse1"][0]["first"] == "Andr\u00e9"


def test_columns_may_be_left_out_and_no_table_is_no_correction(tmp_path):
    assert read_corrections(experiment(tmp_path), VIDEOS) == {}
    assert read_corrections(experiment(tmp_path, HEAD), VIDEOS) == {}
    found = read_corrections(experiment(tmp_path, "action\tfirst\tvideo\tframe\ndelete\tb\tmouse1\t0\n"), VIDEOS)
    assert found == {"mouse1": [{"action": "delete", "first": "b", "frame": 0, "second": None, "until": None}]}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("mous1\t1\tswap\ta\tb\t", "video: 'mous1' is not in the sheet; did you mean 'mouse1'?"),
        (f"mouse1\t{10**20}\tswap\ta\tb\t", f"frame: expected a whole number from 0, got '{10**20}'"),
        (f"mouse1\t1\tswap\ta\tb\t{10**20}", "until: expected a whole number"),
        ("mouse1\t1\tswap\ta\tb\u200b\t", "first, second: 'b\\u200b' holds the character U+200B"),
        ("mouse1\t1.5\tswap\ta\tb\t", "frame: expected a whole number from 0, got '1.5'"),
        ("mouse1\t\tswap\ta\tb\t", "frame: expected a whole number from 0, got ''"),
        ("mouse1\t1\tswpa\ta\tb\t", "action: 'swpa' is not one of swap, merge, split, delete; did you mean 'swap'?"),
        ("mouse1\t1\tswap\ta\t\t", "second: missing; a swap needs two individuals: write the other one"),
        ("mouse1\t1\tmerge\ta\t\t", "second: missing; a merge needs two individuals"),
        ("mouse1\t1\tsplit\ta\t\t", "second: missing; a split needs two individuals: write the name of the new one"),
        ("mouse1\t1\tswap\ta\ta\t", "second: 'a' is `first` too"),
        ("mouse1\t1\tdelete\ta\tb\t", "second: 'b': a delete takes none; leave it empty"),
        ("mouse1\t1\tdelete\t\t\t", "first: missing; name the individual"),
        (
            "mouse1\t1\tdelete\ta\t\tend",
            "until: expected a whole number, or nothing for the end of the video, got",
        ),
        ("mouse1\t5\tdelete\ta\t\t5", "until: 5: expected a frame after 5"),
        ("mouse1\t" + "9" * 5000 + "\tdelete\ta\t\t", "frame: expected a whole number from 0, got '999"),
        ("mouse1\t1\tsplit\ta\t</script>\t", "first, second: '</script>' holds '<', as markup does"),
        ("mouse1\t1\tsplit\ta\t\u202eb\t", "first, second: '\\u202eb' holds the character U+202E"),
        ("mouse1\t1\tsplit\ta\tunique\t", "second: 'unique' is the name of objects and landmarks"),
        ("mouse1\t1\tswap\te\u0301\té\t", "second: 'é' is `first` too"),
        ("mouse1\t1\tdelete\ta\t\t\tx", "'x' is in no named column"),
    ],
)
def test_faults(tmp_path, line, message):
    good = "mouse1\t0\tdelete\ta\t\t\n"
    with pytest.raises(ConfigError) as error:
        read_corrections(experiment(tmp_path, f"{HEAD}{good}{line}\n{good}"), VIDEOS)
    assert f"{tmp_path / 'fixes.tsv'}: line 3: {message}" in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_faulty_columns_and_files(tmp_path):
    with pytest.raises(ConfigError) as error:
        read_corrections(experiment(tmp_path, "video\tframe\tacton\tfirst\n"), VIDEOS)
    for part in ("line 1: 'acton': unknown column; did you mean 'action'?", "line 1: the column 'action' is missing"):
        assert part in str(error.value)
    with pytest.raises(ConfigError, match=r"animals.corrections: .*none.tsv: no such file"):
        read_corrections(experiment(tmp_path, corrections="none.tsv"), VIDEOS)


def test_what_tracking_reads_of_a_video(tmp_path):
    rows = [{"action": "delete"}]
    several = experiment(tmp_path, method="bottom_up", number=2)
    first = tracking_config(several, VIDEOS["mouse1"], rows, predicted=False)
    assert first == {"animals": {"method": "bottom_up", "number": 2}, "corrections": rows, "seed": 0}
    assert tracking_config(several, VIDEOS["mouse2"], [], predicted=False)["animals"]["number"] == 3
    single = experiment(tmp_path, method="single", number=2)
    assert tracking_config(single, VIDEOS["mouse2"], rows, predicted=False) == {
        "animals": {"method": "single"},
        "corrections": rows,
    }
