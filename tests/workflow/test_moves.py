"""What changes nothing: touched files, a fresh clone, a folder that moved, another person. Nothing runs again."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from marey.provenance.hashes import content_hash
from marey.reference import reruns

from .checkout import PARTS, Workflow, environment
from .finished import finish


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Workflow:
    """Several animals whose looks count: the experiment that has most files."""
    return finish(tmp_path_factory.mktemp("moves"), animals={"method": "bottom_up", "appearance": True})


def copied(workflow: Workflow, folder: Path) -> Workflow:
    """A copy that may be spoilt, times kept."""
    shutil.copytree(workflow.root, folder / "copy", symlinks=True)
    return Workflow(folder / "copy", workflow.config)


@pytest.fixture
def copy(finished, tmp_path) -> Workflow:
    return copied(finished, tmp_path)


def smoother(workflow: Workflow) -> Workflow:
    return workflow.with_config(smooth={"max_gap": 0.3})


def test_touched_files(copy):
    """All of them, the last ones made first, so that every output is older than its inputs."""
    files = [path for path in copy.root.rglob("*") if path.is_file() and ".snakemake" not in path.parts]
    for age, path in enumerate(sorted(files, key=lambda path: -path.stat().st_mtime_ns)):
        os.utime(path, (2e9 + age, 2e9 + age))
    assert copy.planned() == {}
    assert "smooth_video" in smoother(copy).planned()


def test_a_fresh_clone_beside_the_results(copy):
    for part in PARTS:
        path = copy.root / part
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert Workflow.checkout(copy.root, copy.config).planned() == {}


@pytest.mark.parametrize("parts", [("results",), ("data",), ("results", "data", ".snakemake")])
def test_folders_that_moved_and_are_linked(copy, tmp_path, parts):
    (tmp_path / "disk").mkdir()
    for part in parts:
        shutil.move(copy.root / part, tmp_path / "disk" / part)
        (copy.root / part).symlink_to(tmp_path / "disk" / part)
    assert copy.planned() == {}
    assert "smooth_video" in smoother(copy).planned()


def test_results_that_moved_to_another_checkout(copy, tmp_path):
    (tmp_path / "other").mkdir()
    other = Workflow.checkout(tmp_path / "other", copy.config)
    for part in ("results", "data", ".snakemake"):
        shutil.move(copy.root / part, other.root / part)
    assert other.planned() == {}
    assert "smooth_video" in smoother(other).planned()


@pytest.mark.parametrize("sources", [[], ["labels.csv"]])
def test_another_checkout_has_the_same_zoo(tmp_path, sources):
    (tmp_path / "one").mkdir()
    (tmp_path / "other").mkdir()
    changes = {"labels": {"sources": sources}, "keypoints": ["nose", "left_ear"], "model": {"init": "zoo:mouse_top"}}
    one = finish(tmp_path / "one", **changes)
    other = Workflow.checkout(tmp_path / "other", one.config)
    for part in ("results", "data", ".snakemake"):
        shutil.move(one.root / part, other.root / part)
    assert other.planned() == {}
    assert "smooth_video" in smoother(other).planned()


def test_results_without_what_snakemake_remembers(copy):
    """Nothing runs, but nor is a change of config seen: see docs/reference/reruns.md."""
    shutil.rmtree(copy.root / ".snakemake")
    assert copy.planned() == {}
    assert smoother(copy).planned() == {}


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="only root can give files to others")
def test_another_person_on_the_same_results(copy):
    """Code and data are another's and may only be read; the results are a group's. (Root without capabilities is a
    person like any other.)"""
    owner, group = 61001, 61000
    assert copy.planned() == {}  # writes the config
    for path in [*copy.root.rglob("*"), copy.root]:
        shared = {"results", ".snakemake"} & set(path.relative_to(copy.root).parts)
        os.chown(path, owner, group)
        path.chmod((0o775 if shared else 0o555) if path.is_dir() else (0o664 if shared else 0o444))
    person = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
    probe = subprocess.run([*person, "touch", "Snakefile"], cwd=copy.root, capture_output=True)
    assert probe.returncode, "the code can be written after all"
    command = [*person, sys.executable, "-m", "snakemake", "--configfile", "experiment.yaml", "--", "all"]
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "extra_groups": [group]}
    done = subprocess.run(command, cwd=copy.root, env=environment(), **options)
    assert done.returncode == 0, done.stdout
    assert "Nothing to be done" in done.stdout


@pytest.fixture(scope="module")
def finished_large(tmp_path_factory) -> Workflow:
    """Videos of more than 1 MB: of such files Snakemake goes by the time alone."""
    return finish(tmp_path_factory.mktemp("large"), film="no film " * 200_000)


@pytest.fixture
def large(finished_large, tmp_path) -> Workflow:
    return copied(finished_large, tmp_path)


def test_a_large_video_that_lost_its_time(large):
    os.utime(large.root / "data" / "a.mp4")
    assert large.planned() == {}
    assert "smooth_video" in smoother(large).planned()


def test_a_video_in_the_place_of_another_one(large):
    """It is as long, and older."""
    path = large.root / "data" / "a.mp4"
    text = path.read_text()
    path.write_text(text[: len(text) // 2] + text[len(text) // 2 :].replace("no film", "a movie"))
    os.utime(path, (1e9, 1e9))
    planned, graph = large.planned(), reruns.rule_followers("single")
    assert planned["probe_video"] == 1
    unknown = reruns.following_rules({"infer_shard"}, graph)  # until there is a new plan
    unknown -= {"check_labels", "plot_suspects"}  # which follow poses where other cameras see them, and labels anywhere
    assert planned.keys() == reruns.following_rules({"probe_video"}, graph) - unknown


def test_a_repaired_video(large):
    """It is as long, and differs where only its time says so."""
    path, probe = large.root / "data" / "a.mp4", large.results / "videos" / "a" / "probe.parquet"
    time = probe.stat().st_mtime
    pq.write_table(pa.table({"content_hash": [content_hash(path)]}), probe)
    os.utime(probe, (time, time))
    os.utime(path)
    assert large.planned() == {}
    content = bytearray(path.read_bytes())
    content[200_000] ^= 1
    path.write_bytes(content)
    assert large.planned()["probe_video"] == 1


def test_large_results_that_lost_their_times_are_declared_unchanged(large):
    weights = large.results / "models" / "0-0" / "model.safetensors"
    weights.write_bytes(bytes(2_000_000))
    assert "export_model" in large.planned()
    large.forked("--touch", "--", "all")
    assert large.planned() == {}
    assert "smooth_video" in smoother(large).planned()
