"""Provenance: a digest changes with what can change a result, and with nothing else."""

import os
from pathlib import Path

import pytest

from marey.experiment import config, stages
from marey.provenance import code
from marey.provenance.kept import Kept

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A made package: script -> marey.a -> marey.b; marey.c is not imported."""
    monkeypatch.setattr(code, "PACKAGE_ROOT", tmp_path)
    folder = tmp_path / "marey"
    folder.mkdir()
    (folder / "__init__.py").write_text("__version__ = '1'\n")
    (folder / "a.py").write_text(
        '"""Docs."""\nfrom marey import b, kinds\n\n\ndef f(x):\n    """Docs."""\n    return b.g(x)\n'
    )
    (folder / "b.py").write_text("def g(x):\n    return x + 1\n")
    (folder / "c.py").write_text("def h(x):\n    return x\n")
    for name in ("kinds", "unused"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").touch()
    (folder / "kinds" / "d.py").write_text("from marey.kinds._part import PART\n")
    (folder / "kinds" / "_part.py").write_text("PART = 1\n")
    (folder / "kinds" / "e.py").write_text("E = 1\n")
    (folder / "unused" / "d.py").write_text("D = 1\n")
    (folder / "runtime.py").write_text("from marey import c\n")
    (tmp_path / "script.py").write_text("from marey import runtime\nfrom marey.a import f\n\nf(1)\n")

    def edit(name, old, new):
        path = tmp_path / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def digest(loaded=()):
        for function in (code._read, code._imports, code._module_path):
            function.cache_clear()
        return code.code_digest(tmp_path / "script.py", {"marey.kinds": loaded, "marey.unused": ["d"]})

    yield edit, digest
    digest()


@pytest.mark.parametrize(
    ("name", "old", "new", "changes"),
    [
        ("script.py", "f(1)", "f(2)", True),
        ("script.py", "f(1)", "f( 1 )  # comment", False),
        ("marey/a.py", "Docs.", "Other docs.", False),
        ("marey/a.py", "return b.g(x)", "return b.g(x) * 2", True),
        ("marey/b.py", "x + 1", "x + 2", True),
        ("marey/b.py", "def g", "# why\n\n\ndef g", False),
        ("marey/c.py", "return x", "return -x", False),
        ("marey/runtime.py", "import c", "import c as other", False),
        ("marey/__init__.py", "'1'", "'2'", False),
    ],
)
def test_code_digest_follows_code_only(package, name, old, new, changes):
    edit, digest = package
    before = digest()
    edit(name, old, new)
    assert (digest() != before) == changes


@pytest.mark.parametrize(
    ("name", "old", "new", "changes"),
    [
        ("marey/kinds/d.py", "import PART", "import PART as D", True),
        ("marey/kinds/_part.py", "1", "2", True),  # which d imports
        ("marey/kinds/e.py", "1", "2", False),
        ("marey/unused/d.py", "1", "2", False),
    ],
)
def test_of_modules_that_are_loaded_by_name_those_count_that_the_experiment_loads(package, name, old, new, changes):
    edit, digest = package
    before, without = digest(["d"]), digest()
    edit(name, old, new)
    assert (digest(["d"]) != before) == changes
    assert digest() == without


def test_a_new_module_beside_those_that_are_loaded_by_name_changes_nothing(package, tmp_path):
    _, digest = package
    before = digest(["d"])
    (tmp_path / "marey" / "kinds" / "f.py").write_text("F = 1\n")
    assert digest(["d"]) == before


def test_the_init_of_a_package_counts_where_a_module_of_it_is_imported(package, tmp_path):
    edit, digest = package
    edit("script.py", "f(1)", "from marey.unused.d import D")
    before = digest()
    (tmp_path / "marey" / "unused" / "__init__.py").write_text("D = 2\n")
    assert digest() != before


def test_code_digest_ignores_time(package, tmp_path):
    _, digest = package
    before = digest()
    os.utime(tmp_path / "marey" / "b.py")
    assert digest() == before


def test_what_is_kept_of_files_changes_no_digest_and_hides_no_edit(package, tmp_path, monkeypatch):
    edit, digest = package

    def kept_digest() -> str:
        kept = Kept(tmp_path / "kept" / "code.json")  # as another process reads it
        found = code.code_digest(tmp_path / "script.py", {"marey.kinds": ["d"]}, kept)
        kept.save()
        return found

    before = kept_digest()
    assert before == digest(["d"]) == kept_digest()
    edit("marey/b.py", "x + 1", "x + 2")
    assert kept_digest() != before
    edit("marey/b.py", "x + 2", "x + 1")
    assert kept_digest() == before
    with monkeypatch.context() as patch:
        patch.setattr(code.ast, "parse", None)
        assert kept_digest() == before, "nothing is parsed again"
        patch.setattr(code, "READER", b"another Python")
        with pytest.raises(TypeError):
            kept_digest()


def test_every_script_has_a_digest_and_few_modules_are_left_out():
    for script in sorted((REPOSITORY / "scripts").glob("*.py")):
        assert code.code_digest(script)
    assert {"marey", "marey.runtime"} == code.UNTRACKED


CHOICES = (
    "exports.formats",
    "exports.label_formats",
    "inference.methods",
    "labels.formats",
    "networks.backbones",
    "networks.weights",
    "training.replays",
)


@pytest.mark.parametrize(
    ("backbone", "families"),
    [
        ("efficientnet_lite0", {"networks.backbones.efficientnet", "networks.weights.efficientnet"}),
        ("small", {"networks.backbones.small"}),
    ],
)
def test_of_all_that_a_config_chooses_from_a_stage_has_what_is_chosen(backbone, families, tmp_path):
    (tmp_path / "l.csv").write_text("video,frame,individual,keypoint,x,y\n")
    raw = {"project": "p", "data": str(tmp_path), "videos": "v", "keypoints": ["nose"], "model": {"backbone": backbone}}
    checked = config.load_config({**raw, "labels": {"sources": ["l.csv"]}})
    found = {}
    for script in (REPOSITORY / "scripts").glob("*.py"):
        names = {
            name.removeprefix("marey.") for name in code.modules(script, stages.loaded_modules(checked, script.stem))
        }
        found[script.stem] = {name for name in names if name.rpartition(".")[0] in CHOICES}
    assert found["train_model"] == families
    assert found["ingest_labels"] == {"labels.formats.marey_table"}
    assert found["ingest_predictions"] == set()
    assert found["quantise_model"] == {name for name in families if "weights" not in name}
    assert found["infer_shard"] == found["quantise_model"] | {"inference.methods.single"}
    assert found["smooth_video"] == set()


def test_imports_are_transitive_and_whole():
    script = REPOSITORY / "scripts" / "train_model.py"
    found = code.modules(script)
    assert {
        "marey.training.train_models",
        "marey.training.targets",
        "marey.training.augment.augment",
        "marey.training.losses",
        "marey.tables.history",
    } <= found
    assert (
        not {
            "marey.tracking.smooth_video",
            "marey.views.render_video",
            "marey.tables.smoothed",
            "marey.experiment.config",
        }
        & found
    )


def test_what_only_parsing_needs_is_in_no_digest():
    parsing = {
        "marey.experiment.config",
        "marey.experiment.sheet",
        "marey.provenance.code",
        "marey.experiment.corrections",
    }
    for script in (REPOSITORY / "scripts").glob("*.py"):
        assert not parsing & code.modules(script), script


def test_config_digest_does_not_depend_on_the_order_of_keys():
    one = code.config_digest({"a": 1, "b": {"c": [1, 2], "d": None}})
    assert one == code.config_digest({"b": {"d": None, "c": [1, 2]}, "a": 1})
    assert one != code.config_digest({"a": 1, "b": {"c": [2, 1], "d": None}})


def test_a_tree_that_another_thread_disturbs_is_parsed_again(tmp_path, monkeypatch):
    parse, calls = code.ast.parse, []

    def disturbed(*arguments, **options):
        calls.append(arguments)
        if len(calls) == 1:
            raise SystemError("AST constructor recursion depth mismatch (before=126, after=62)")
        return parse(*arguments, **options)

    (tmp_path / "a.py").write_text("x = 1\n")
    monkeypatch.setattr(code.ast, "parse", disturbed)
    assert code.code_digest(tmp_path / "a.py")
    assert len(calls) == 2
