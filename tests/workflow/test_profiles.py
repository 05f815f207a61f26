"""The profiles agree with each other and with the rules."""

import re
from pathlib import Path

import yaml
from snakemake.profiles import ProfileConfigFileParser

from .checkout import REPOSITORY

PROFILES = {name: REPOSITORY / "profiles" / name / "config.yaml" for name in ("default", "slurm")}


def test_what_runs_again_does_not_depend_on_the_machine():
    default, slurm = (yaml.safe_load(path.read_text()) for path in PROFILES.values())
    assert default["rerun-triggers"] == slurm["rerun-triggers"] == ["mtime", "input", "params", "software-env"]


def test_the_slurm_profile_names_the_rules_with_a_gpu():
    rules = "".join(path.read_text() for path in (REPOSITORY / "rules").glob("*.smk"))
    names = re.split(r"^ *(?:rule|checkpoint) (\w+):", rules, flags=re.MULTILINE)[1:]
    expected = {name for name, body in zip(names[::2], names[1::2], strict=True) if "gpu=1," in body}
    (line,) = re.findall(r"These use a GPU: ([\w, ]+)\.", PROFILES["slurm"].read_text())
    assert set(line.split(", ")) == expected


def test_the_partitions_are_found_from_any_folder(tmp_path, monkeypatch):
    """Snakemake takes a path for one beside the profile if there is such a file."""
    monkeypatch.chdir(tmp_path)
    with PROFILES["slurm"].open() as file:
        found = ProfileConfigFileParser().parse(file)
    assert Path(found["slurm-partition-config"]) == PROFILES["slurm"].with_name("partitions.yaml")
