"""The pinned environments agree with each other and with pyproject.toml."""

import re
import tomllib
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).parents[2]
LOCK = dict(re.findall(r"^([\w.-]+)==(\S+)", (REPOSITORY / "envs/requirements.txt").read_text(), re.MULTILINE))


def test_lock_holds_every_dependency():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    assert {re.match(r"[\w.-]+", line)[0] for line in wanted} <= set(LOCK), "run `make lock`"


def test_lock_has_hashes_and_no_addresses():
    text = (REPOSITORY / "envs/requirements.txt").read_text()
    assert text.count("--hash=sha256:") >= len(LOCK)
    assert "://" not in text


def test_conda_environment_pins_the_same_versions():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    pins = yaml.safe_load((REPOSITORY / "envs/marey.yaml").read_text())["dependencies"][-1]["pip"]
    expected = {re.match(r"[\w.-]+", line)[0] for line in project["dependencies"]}
    assert dict(pin.split("==") for pin in pins) == {name: LOCK[name] for name in expected}
