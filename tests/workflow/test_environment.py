"""The pinned environments agree with each other and with pyproject.toml."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
CUDA = {"cuda": "jax-cuda12-plugin", "cuda13": "jax-cuda13-plugin"}  # extra: what makes JAX find GPUs
EXTRAS = {"exports": ("pynwb", "ndx-pose"), "cameras": ("opencv-contrib-python-headless",)}
LOCKS = ("requirements.txt", *(f"requirements-{extra}.txt" for extra in (*CUDA, *EXTRAS)))


def lock(name: str) -> dict[str, str]:
    """The versions that a lock file pins."""
    return dict(re.findall(r"^([\w.-]+)==(\S+)", (REPOSITORY / "envs" / name).read_text(), re.MULTILINE))


LOCK = lock("requirements.txt")


def test_lock_holds_every_dependency():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    assert {re.match(r"[\w.-]+", line)[0] for line in wanted} <= set(LOCK), "run `make lock`"


@pytest.mark.parametrize("name", LOCKS)
def test_lock_has_hashes_and_no_addresses(name):
    text = (REPOSITORY / "envs" / name).read_text()
    assert text.count("--hash=sha256:") >= len(lock(name))
    assert "://" not in text


@pytest.mark.parametrize("extra", CUDA)
def test_cuda_adds_to_the_same_versions(extra):
    """One release of CUDA, and no libraries of another: which of two JAX would load is chance."""
    cuda = lock(f"requirements-{extra}.txt")
    assert {name: cuda.get(name) for name in LOCK} == LOCK, "run `make lock`"
    assert {name: cuda.get(name) for name in CUDA.values()} == {
        name: LOCK["jax"] if name == CUDA[extra] else None for name in CUDA.values()
    }
    release = CUDA[extra].removeprefix("jax-cuda").removesuffix("-plugin")
    libraries = [name for name in cuda if re.search(r"^nvidia-.*-cu\d+$", name)]
    assert libraries
    assert all(name.endswith(f"-cu{release}") for name in libraries)


def test_all_locks_are_compiled():
    """`make lock` compiles one for each extra but those of pyproject.toml that no user installs."""
    (extras,) = re.findall(r"for extra in (.*);", (REPOSITORY / "Makefile").read_text())
    assert {f"requirements-{extra}.txt" for extra in extras.split()} == {*LOCKS[1:]}
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    assert {*extras.split(), "dev", "bench"} == {*project["optional-dependencies"]}


@pytest.mark.parametrize("extra", EXTRAS)
def test_an_extra_adds_to_the_same_versions(extra):
    pinned = lock(f"requirements-{extra}.txt")
    assert {name: pinned.get(name) for name in LOCK} == LOCK, "run `make lock`"
    assert set(EXTRAS[extra]) <= pinned.keys() - LOCK.keys()


def test_container_installs_a_lock():
    text = (REPOSITORY / "envs/marey.def").read_text()
    assert re.search(r"^ +envs/requirements-cuda.txt (\S+)$", text, re.MULTILINE)[1] in text.split("%post")[1]
    assert "--require-hashes" in text
    assert not re.search(r"\w==|://", text), "versions are pinned in one place"


def conda(name: str) -> list[str]:
    """The packages of a conda environment that pip installs."""
    return yaml.safe_load((REPOSITORY / "envs" / name).read_text())["dependencies"][-1]["pip"]


def test_conda_environment_pins_the_same_versions():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    expected = {re.match(r"[\w.-]+", line)[0] for line in project["dependencies"]}
    assert dict(pin.split("==") for pin in conda("marey.yaml")) == {name: LOCK[name] for name in expected}


def test_conda_environment_for_gpus_adds_jax_for_these():
    added = set(conda("marey-cuda.yaml")) - set(conda("marey.yaml"))
    assert added == {f"jax[cuda12]=={LOCK['jax']}; sys_platform == 'linux'"}
    assert set(conda("marey.yaml")) < set(conda("marey-cuda.yaml"))


@pytest.mark.parametrize("extra", EXTRAS)
def test_a_conda_environment_adds_what_its_extra_needs(extra):
    pinned = lock(f"requirements-{extra}.txt")
    added = set(conda(f"{extra}.yaml")) - set(conda("marey.yaml"))
    assert added == {f"{name}=={pinned[name]}" for name in EXTRAS[extra]}
    assert set(conda("marey.yaml")) < set(conda(f"{extra}.yaml"))


def test_jobs_that_ask_for_a_gpu_have_the_environment_for_it():
    for path in (REPOSITORY / "rules").glob("*.smk"):
        for rule in re.split(r"^ *(?:rule|checkpoint) ", path.read_text(), flags=re.MULTILINE)[1:]:
            environment = re.search(r'"\.\./envs/(.*)"', rule)
            expected = {"marey-cuda.yaml"} if "gpu=1" in rule else {"marey.yaml", "cameras.yaml"}
            assert environment is None or environment[1] in expected, f"{path.name}: {rule.split(':')[0]}"


def test_the_package_installs_without_an_index():
    """`make install` builds it with what the lock has brought (`--no-build-isolation`)."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    for wanted in project["build-system"]["requires"]:
        name, least = re.fullmatch(r"([\w-]+)>=(\d+)", wanted).groups()
        assert int(LOCK[name].split(".")[0]) >= int(least)


def test_the_command_is_installed():
    done = subprocess.run([Path(sys.executable).with_name("marey"), "--help"], capture_output=True, text=True)
    assert done.stdout.startswith("usage: marey"), "run `make install`"
