"""Names of formats: as the config has them, as modules; which files would be exported twice."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from marey.experiment.config import schema
from marey.exports import formats, label_formats, names, session_formats

KEYS = schema("config")["properties"]["export"]["properties"]
PACKAGES = ((formats, "formats"), (session_formats, "sessions"), (label_formats, "labels"))
CHOICES = {kind: KEYS[key]["items"]["enum"] for kind, key in PACKAGES}


@pytest.mark.parametrize("package", [formats, session_formats, label_formats])
def test_the_config_names_every_format_and_no_other(package):
    assert sorted(map(names.module_name, CHOICES[package])) == names.modules(package)


@pytest.mark.parametrize("name", CHOICES[formats])
def test_a_format_says_what_it_holds(name):
    module = names.load_format(name)
    assert module.__doc__
    assert module.TOOLS
    assert "px" in module.PIXELS or "0.5" in module.PIXELS or "reference_frame" in module.PIXELS
    assert isinstance(module.CANNOT_SAY, tuple)
    assert any("{file}" in line for line in module.READ)


@pytest.mark.parametrize("name", CHOICES[label_formats])
def test_a_format_of_labels_says_what_it_holds(name):
    module = names.load_label_format(name)
    assert "0.5" in module.PIXELS
    assert isinstance(module.CANNOT_SAY, tuple)


@pytest.mark.parametrize("name", CHOICES[session_formats])
def test_a_format_of_poses_in_space_says_what_it_holds(name):
    module = names.load_session_format(name)
    assert "unit of the calibration" in module.POSITIONS
    assert isinstance(module.CANNOT_SAY, tuple)
    assert any("{file}" in line for line in module.READ)


@pytest.mark.parametrize("load", [names.load_format, names.load_session_format])
def test_packages_that_are_not_in_the_environment_are_imported_in_functions(load):
    for name in CHOICES[formats if load == names.load_format else session_formats]:
        text = Path(find_spec(load(name).__name__).origin).read_text()
        for package in names.PACKAGES.get(name, ()):
            assert re.search(rf"^    from {package} import", text, re.MULTILINE)
            assert not re.search(rf"^(from|import) {package}", text, re.MULTILINE)


def test_files_that_two_videos_claim():
    assert names.owners(["a", "a.dlc", "b"], ["csv", "dlc.csv"]) == {"a.dlc.csv": ["a", "a.dlc"]}
    assert names.owners(["a", "a.dlc"], ["csv"]) == {}


def test_a_digest_has_the_module_of_its_format_alone():
    assert names.export_modules("export_poses", "dlc.h5") == {"marey.exports.formats": ["dlc_h5"]}
    assert names.export_modules("export_session", "nwb") == {"marey.exports.session_formats": ["nwb"]}
    assert names.export_modules("export_labels", "coco") == {"marey.exports.label_formats": ["coco"]}
