"""The command `marey`: what it says, what it loads, and how it ends where nobody reads on."""

import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from marey import __main__ as command

HEAVY = {"jax", "numpy", "pandas", "pyarrow", "scipy", "yaml", "snakemake", "psutil"}
PATH = {"PYTHONPATH": str(Path(command.__file__).parents[1])}


def marey(*arguments: str, **options) -> subprocess.Popen:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, "-m", "marey", *arguments], env=PATH, **{**pipes, **options})


def test_help_names_every_command_and_loads_nothing_heavy():
    program = "import sys; from marey.__main__ import main; sys.argv[1:] = ['--help']\n"
    program += "try: main()\nfinally: print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", program], env=PATH, capture_output=True, text=True, check=True)
    modules = {path.stem for path in Path(command.__file__).parent.glob("commands/[a-z]*.py")}
    assert modules == set(command.COMMANDS)
    for name in command.COMMANDS:
        assert f"\n    {name}" in done.stdout
    assert not HEAVY & set(done.stderr.split())


@pytest.mark.parametrize("name", command.COMMANDS)
def test_each_command_has_help_of_its_own(name, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["marey", name, "--help"])
    with suppress(SystemExit):
        command.main()
    text = capsys.readouterr().out
    assert text.startswith(f"usage: marey {name}")
    assert len(text.splitlines()) > 4


@pytest.mark.parametrize("arguments", [["--help"], ["costs", "--help"], ["init", "mine"]])
def test_a_reader_who_stops_ends_it_quietly(arguments, tmp_path):
    process = marey(*arguments, cwd=tmp_path)
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(timeout=60) == -signal.SIGPIPE


def test_what_is_wrong_is_said_in_a_line(tmp_path):
    process = marey("costs", cwd=tmp_path)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "marey init FOLDER" in said
    assert "Traceback" not in said
    process = marey("costs", "--configfile", "mine.yaml", cwd=tmp_path)
    assert process.communicate(timeout=60)[1].startswith("mine.yaml: No such file")


@pytest.mark.parametrize("name", ["costs", "preflight", "report"])
def test_a_config_is_checked_by_every_command_that_reads_one(name, tmp_path):
    (tmp_path / "config.yaml").write_text("data: .\nvideos: v\nproject: [1]\n")
    process = marey(name, cwd=tmp_path)
    assert process.communicate(timeout=60)[1].startswith("config: project: expected text, got [1]")
    assert process.returncode == 1


def test_arguments_of_resume_are_those_of_snakemake(monkeypatch):
    given = ["--workflow-profile", "slurm", "--configfile", "mine.yaml", "--help"]
    monkeypatch.setattr("marey.running.resume.resume", lambda arguments: (arguments == given) * 7)
    monkeypatch.setattr(sys, "argv", ["marey", "resume", *given])
    with pytest.raises(SystemExit) as end:
        command.main()
    assert end.value.code == 7


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--number", "0"], "0: expected a number of images above 0"),
        (["--number", "many"], "many: expected a number of images above 0"),
        (["--seed", "-1"], "-1: expected a whole number, 0 or larger"),
        (["--seed", "1.5"], "1.5: expected a whole number, 0 or larger"),
    ],
)
def test_numbers_of_examples_are_checked_first(options, said, capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "argv", ["marey", "synth", "examples", str(tmp_path / "made"), *options])
    with pytest.raises(SystemExit):
        command.main()
    assert said in capsys.readouterr().err
    assert not (tmp_path / "made").exists()


def test_examples_are_not_written_into_a_file(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setattr(sys, "argv", ["marey", "synth", "examples", str(tmp_path / "file")])
    with pytest.raises(SystemExit, match=r"file: cannot be made \(File exists\); name another folder"):
        command.main()
