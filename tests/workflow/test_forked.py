"""Forked runs of Snakemake stand for real ones: both say the same, in as many words."""

import re
from collections import Counter

import pytest

from .checkout import Workflow, jobs
from .finished import finish

DIFFERENT = r"\d\d:\d\d:\d\d|Workflow ID: \S+"  # from run to run


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Workflow:
    return finish(tmp_path_factory.mktemp("forked"))


def same(workflow: Workflow, *arguments: str) -> str:
    """What a run of Snakemake prints, forked or not. (Sets in it have no order.)"""
    found, expected = (run(*arguments, check=False) for run in (workflow.forked, workflow.snakemake))
    words = [Counter(re.sub(DIFFERENT, "", text).replace(",", " ").split()) for text in (found, expected)]
    assert words[0] == words[1], f"{found}\n{expected}"
    return found


def test_a_dry_run(finished: Workflow):
    assert jobs(same(finished, "--dry-run")) == {}
    edited = finished.with_config(smooth={"median_window": 7}, evaluate={"bootstrap": 200})
    assert {"smooth_video", "evaluate_model"} <= jobs(same(edited, "--dry-run")).keys()


def test_a_wrong_config(finished: Workflow):
    edited = finished.with_config(trian={})
    assert "did you mean 'train'?" in same(edited, "--dry-run")
    with pytest.raises(AssertionError, match="did you mean 'train'"):
        edited.forked("--dry-run")


def test_it_is_the_library_of_the_checkout(finished: Workflow):
    name = "workflow/marey/experiment/sheet.py"
    finished.edit(name, "\ndef read_videos(", "\nraise ValueError(__file__)\n\n\ndef read_videos(")
    assert f"{finished.root}/{name}" in same(finished, "--dry-run")
