"""What runs again: the tables agree with the schema and the rules.

`tests/workflow/test_rerun_tables.py` compares them with what Snakemake would run.
"""

import pytest

from marey.experiment import config, stages
from marey.reference import reruns


def schema_keys(part: dict, prefix: str = "") -> list[str]:
    found = []
    for key, item in part["properties"].items():
        found += schema_keys(item, f"{prefix}{key}.") if "properties" in item else [f"{prefix}{key}"]
    return found


def test_every_key_is_in_the_tables_or_chooses_files():
    listed = {*reruns.listed_keys(), *reruns.STRUCTURAL_KEYS, *stages.GRAPH_KEYS}
    assert listed == set(schema_keys(config.schema("config")))
    assert sorted(key for group in reruns.key_groups() for key in group) == sorted(reruns.listed_keys())


@pytest.mark.parametrize("key", [*reruns.STRUCTURAL_KEYS, *stages.GRAPH_KEYS])
def test_the_page_says_what_a_key_that_chooses_files_runs(key):
    assert f"`{key}`" in reruns.page().partition("## Config keys")[0]


def test_every_key_runs_something():
    for key in reruns.listed_keys():
        assert any(reruns.rules_by_key(method)[key] for method in reruns.ANIMAL_METHODS), key


def test_the_graph_is_that_of_the_rule_files():
    single, several = reruns.rule_followers("single"), reruns.rule_followers("bottom_up")
    views = {"render_video", "plot_trajectories", "plot_confidence"}
    assert single["smooth_video"] == {*views, "export_poses", "find_outliers", "labeling_kit"}
    assert several["smooth_video"] - single["smooth_video"] == {"render_review", "plot_review"}
    assert single["predict_frames"] == {"calibrate_confidence", "pool_predictions"}
    assert "predict_frames" not in several
    assert several["fit_graph"] == {"match_frames", "assemble_video"}
    assert "fit_graph" not in reruns.rule_followers("top_down")


def test_following_is_transitive():
    followers = {"a": {"b"}, "b": {"c"}, "c": set(), "d": {"c"}}
    assert reruns.following_rules({"a"}, followers) == {"a", "b", "c"}
    assert reruns.following_rules({"d"}, followers) == {"d", "c"}
    assert reruns.following_rules(set(), followers) == set()


def test_a_change_starts_where_nothing_before_reads_the_key():
    assert reruns.reading_rules("single", "smooth.min_confidence") == {"smooth_video", "plot_confidence"}
    assert reruns.starting_rules("single", "smooth.min_confidence") == ["smooth_video"]
    assert reruns.starting_rules("single", "seed") == ["sample_frames", "split_labels"]


def test_top_down_differs_from_bottom_up_by_the_graph_alone():
    """The page says so, and what else differs, instead of having a third column."""
    one, two = reruns.rules_by_key("bottom_up"), reruns.rules_by_key("top_down")
    weights, shown = {"train.affinity_weight", "train.identity_weight"}, {"animals.unique", "animals.identities"}
    assert {key for key in two if not two[key]} - {key for key in one if not one[key]} == weights
    assert all(two[key] == {"labeling_kit"} for key in shown)  # which is there before a method is chosen
    unread = weights | shown
    assert one["augment.crop.focus"] - two["augment.crop.focus"] == {"fit_graph", "plot_augmented"}
    others = one.keys() - unread - {"augment.crop.focus"}
    assert {name for key in others for name in one[key] ^ two[key]} == {"fit_graph"}


def test_blocks_are_named_as_a_whole():
    keys = [key for key in reruns.listed_keys() if key.startswith(("augment.", "smooth."))]
    assert reruns.write_keys(keys) == "`augment`, `smooth`"
    assert reruns.write_keys(["smooth.max_gap", "evaluate.bootstrap"]) == "`smooth.max_gap`, `evaluate.bootstrap`"
