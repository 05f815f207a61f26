"""The workflow on a real SLURM, and what becomes of it when something is killed: each test states the outcome.

One file, since there can be one cluster on a machine.
"""

import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from marey.provenance import why

from ..workflow.checkout import Workflow, tiny_experiment
from . import cluster as slurm
from .runs import PARTS, Drill, Head, job

TABLES = [f"results/tiny/{name}/a.parquet" for name in ("poses", "smoothed")]
WEIGHTS = "results/tiny/models/0-0/model.safetensors"
STEPS = 40  # of a training
ONCE, TWICE = ["begun", "done"], ["begun", "begun", "done"]

pytestmark = pytest.mark.skipif(slurm.missing() is not None, reason=f"no SLURM: {slurm.missing()}")


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    """A SLURM for all tests of this file."""
    with slurm.cluster():
        yield
        for head in Head.started:  # those that a failed test has left
            head.kill()


@pytest.fixture(scope="module")
def local(tmp_path_factory) -> Workflow:
    """The tiny experiment, run to the end without SLURM."""
    workflow = tiny(tmp_path_factory.mktemp("local"))
    workflow.forked(*TABLES, jobs=True)
    return workflow


def tiny(root: Path) -> Workflow:
    """The tiny experiment, with a training that is worth interrupting."""
    workflow = tiny_experiment(root)
    return workflow.with_config(train={**workflow.config["train"], "steps": STEPS})


@pytest.fixture(scope="module")
def untrained(local, tmp_path_factory) -> Callable[[float], Workflow]:
    """A copy of `local` without its model, whose training notes each step in `steps`; until it goes on after an
    interruption, a step takes some seconds."""

    def make(seconds: float) -> Workflow:
        root = tmp_path_factory.mktemp("untrained")
        shutil.copytree(local.root, root, dirs_exist_ok=True)
        shutil.rmtree(root / "results" / "tiny" / "models")
        workflow = Workflow(root, local.config)
        step = "                pending.append(metrics)\n"
        note = f"                open('steps', 'a').write(f'{{number}}\\n'); time.sleep(0 if first else {seconds})\n"
        workflow.edit("workflow/marey/training/loop.py", step, step + note)
        return workflow

    return make


@pytest.fixture(scope="module")
def limited(untrained) -> tuple[Workflow, Head]:
    """A training that has begun and will be over its time limit, a minute: a test waits for it beside others."""
    workflow = untrained(3)
    arguments = [WEIGHTS, "--set-resources", "train_model:runtime=attempt", *workflow.arguments()]
    return workflow, Head(workflow.root, *arguments)


def steps(workflow: Workflow) -> list[int]:
    """The training steps that were taken, in this order."""
    path = workflow.root / "steps"
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def same(workflow: Workflow, local: Workflow, target: str) -> bool:
    return (workflow.root / target).read_bytes() == (local.root / target).read_bytes()


def test_the_whole_workflow_is_byte_identical(local, tmp_path):
    """Jobs with a GPU go to partition gpu, all others to cpu, and tables are those of a run without SLURM."""
    workflow = tiny(tmp_path)
    said = Head(tmp_path, *TABLES, *workflow.arguments()).end()
    assert "Executor: slurm" in said
    assert [target for target in TABLES if not same(workflow, local, target)] == []
    jobs = slurm.ask("squeue", "--states=all", "--noheader", "--format=%P|%k").splitlines()
    on_gpu, on_cpu = (
        {job.split("|")[1].strip().split("_wildcards_")[0] for job in jobs if job.startswith(partition)}
        for partition in ("gpu", "cpu")
    )
    assert on_gpu == {"rule_train_model", "rule_predict_frames", "rule_infer_shard"}
    assert "rule_probe_video" in on_cpu
    assert not on_cpu & on_gpu


def test_a_preempted_training_goes_on(local, untrained):
    """SLURM queues it again by itself, and it goes on as above."""
    workflow = untrained(1)
    head = Head(workflow.root, WEIGHTS, *workflow.arguments())
    slurm.until(lambda: len(steps(workflow)) > 3, "training")
    slurm.ask("sbatch", "--partition=urgent", "--exclusive", "--output=/dev/null", "--wrap=sleep 5")
    slurm.until(lambda: "urgent" in slurm.ask("squeue", "--states=running", "--format=%P"), "urgent job")
    said = head.end()
    assert said.count("has been submitted") == 1
    assert "going on after step" in (workflow.root / "results/tiny/logs/train_model/models-0-0.log").read_text()
    assert steps(workflow) == list(range(1, STEPS + 1))
    assert same(workflow, local, WEIGHTS)


def test_a_job_without_the_gpu_that_it_was_promised_fails(untrained):
    """It says what to do, instead of training on CPUs for days; done so, it trains on CPUs."""
    workflow = untrained(0)
    arguments = [WEIGHTS, "--retries", "0", *workflow.arguments()]
    said = Head(workflow.root, *arguments, JAX_PLATFORMS="").end(status=1)
    assert "SLURM gave this job a GPU (CUDA_VISIBLE_DEVICES=0) on gpu1, but JAX finds none" in said
    assert steps(workflow) == []
    said = Head(workflow.root, *arguments, "--set-resources", "train_model:gpu=0", JAX_PLATFORMS="").end()
    assert "Auto-selected partition 'cpu'" in said
    assert steps(workflow) == list(range(1, STEPS + 1))


def test_preflight_looks_over_a_node(tmp_path):
    """It says what it finds there, one line a check, and that JAX does not see the GPU unless CPUs are asked for."""
    workflow = tiny(tmp_path)
    log = workflow.results / "logs" / "preflight.log"
    Head(tmp_path, "preflight", *workflow.arguments()).end()
    rows = [line.split() for line in log.read_text().splitlines()]
    assert [row[0] for row in rows if "FAILED" in row] == []
    assert sum("ok" in row for row in rows) == 7
    assert "SLURM              ok      answers; partitions cpu, gpu, urgent" in log.read_text()
    Head(tmp_path, "preflight", "--retries", "0", *workflow.arguments(), JAX_PLATFORMS="").end(status=1)
    (failed,) = [line for line in log.read_text().splitlines() if "FAILED" in line]
    assert failed.startswith("JAX ")
    assert "on gpu1, but JAX finds none" in failed


def test_why_names_the_job_of_slurm(tmp_path):
    """A step that ran there is found by its number."""
    workflow = tiny(tmp_path)
    probe = "results/tiny/videos/a/probe.parquet"
    said = Head(tmp_path, probe, *workflow.arguments()).end()
    number = re.search(r"has been submitted with SLURM jobid (\d+)", said)[1]
    assert f"(SLURM job {number})" in "\n".join(why.explain(tmp_path / probe))


@pytest.mark.usefixtures("limited")
def test_a_cancelled_job_runs_again(tmp_path):
    """After scancel its part is computed again, at once; the others are not."""
    drill = Drill(tmp_path)
    head = drill.start()
    drill.begun("0-10")
    slurm.ask("scancel", job("0-10")[0])
    drill.begun("0-10", times=2)
    drill.go()
    head.end()
    assert drill.all_runs() == [TWICE, ONCE, ONCE]
    drill.check_whole()


def test_a_job_above_its_memory_runs_again_with_more(tmp_path):
    """It is killed, and its second try has twice the memory; the others run once."""
    drill = Drill(tmp_path, "hungry=10")
    head = drill.start()
    drill.begun("10-20", times=2)
    drill.go()
    head.end()
    assert drill.all_runs() == [ONCE, TWICE, ONCE]
    drill.check_whole()


def test_a_node_going_down_costs_what_ran_on_it(tmp_path):
    """SLURM queues the part again on another node; parts on other nodes run once."""
    drill = Drill(tmp_path)
    head = drill.start("--default-resources", "cpus_per_task=20")  # one a node
    drill.begun("0-10")
    node = job("0-10")[1]
    slurm.crash_node(node)
    try:
        drill.go()
        head.end()
    finally:
        slurm.start_node(node)
    assert drill.all_runs() == [TWICE, ONCE, ONCE]
    drill.check_whole()


def test_nobody_misses_the_controller(tmp_path):
    """While slurmctld is down jobs go on, and what ended meanwhile is seen later."""
    drill = Drill(tmp_path)
    head = drill.start()
    drill.begun(*PARTS)
    slurm.stop_controller()
    drill.go()
    slurm.until(lambda: drill.all_runs() == [ONCE] * 3, "parts")
    slurm.start_controller()
    head.end()
    assert drill.all_runs() == [ONCE] * 3
    drill.check_whole()


def test_snakemake_told_to_end(tmp_path):
    """On SIGTERM it waits for the jobs that run and submits no more; the same command goes on from there."""
    drill = Drill(tmp_path)
    head = drill.start("--jobs", "2")
    slurm.until(lambda: sum(map(bool, drill.all_runs())) == 2, "two parts")
    head.process.send_signal(signal.SIGTERM)
    head.says("Will exit after finishing currently running jobs")
    drill.go()
    head.end(status=1)
    assert sorted(drill.all_runs()) == [[], ONCE, ONCE]
    drill.start().end()
    assert drill.all_runs() == [ONCE] * 3
    drill.check_whole()


def test_resume_waits_for_jobs_of_a_killed_run(tmp_path):
    """After kill -9 `marey resume` waits for the jobs that still run and takes what they made."""
    drill = Drill(tmp_path)
    drill.start_and_kill()
    head = drill.resume()
    head.says("Waiting for what still runs")
    drill.go()
    head.end()
    assert drill.all_runs() == [ONCE] * 3
    drill.check_whole()


def test_a_second_writer_spoils_nothing(tmp_path):
    """Somebody unlocks after kill -9 and starts again beside the jobs that still run: twice the work, whole tables."""
    drill = Drill(tmp_path)
    drill.start_and_kill()
    drill.start("--unlock").end()
    head = drill.start()
    drill.begun(*PARTS, times=2)
    drill.go()
    head.end()
    assert all(runs.count("begun") == 2 for runs in drill.all_runs())
    drill.check_whole()


def test_a_half_written_output_is_made_again(tmp_path):
    """Snakemake and both nodes are killed while parts are written, and one is left torn: all are made, once each."""
    drill = Drill(tmp_path)
    drill.start_and_kill()
    for node in ("cpu1", "cpu2"):
        slurm.crash_node(node)
    assert list((tmp_path / "results" / "parts").glob("[0-9]*")) == []
    (tmp_path / "results" / "parts" / "0-10.parquet").write_bytes(b"PAR1")
    for node in ("cpu1", "cpu2"):
        slurm.start_node(node)
    drill.go()
    drill.resume().end()
    assert [runs.count("done") for runs in drill.all_runs()] == [1, 1, 1]
    drill.check_whole()


def test_a_full_disk(tmp_path):
    """What does not fit is not there, not even in part; with room the same command makes it, and nothing else."""
    drill = Drill(tmp_path)
    drill.go()
    results = tmp_path / "results"
    results.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", results], capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount a file system")
    try:
        said = drill.start("--retries", "0", "--jobs", "1").end(status=1)
        assert "No space left on device" in said
        assert sorted(drill.all_runs()) == [["begun"], ["begun"], ONCE]
        assert len([path for path in results.rglob("*") if path.is_file()]) == 1
        subprocess.run(["mount", "-o", "remount,size=1m", results], check=True)
        drill.start().end()
        assert sorted(drill.all_runs()) == [TWICE, TWICE, ONCE]
        drill.check_whole()
    finally:
        subprocess.run(["umount", results], check=True)


def test_a_training_over_its_time_limit_goes_on(local, limited):
    """It is submitted again with more time, takes up after the step at which it was told to end, and takes no step
    twice; its weights are those of an undisturbed training."""
    workflow, head = limited
    head.end()
    assert "going on after step" in (workflow.root / "results/tiny/logs/train_model/models-0-0.log").read_text()
    assert steps(workflow) == list(range(1, STEPS + 1))
    assert same(workflow, local, WEIGHTS)
