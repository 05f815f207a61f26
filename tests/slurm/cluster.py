"""A SLURM of this machine's own: munged, slurmctld and a slurmd for each of three made-up nodes, without accounting.

Two nodes are in partition `cpu`; `gpu1`, with two GPUs that are copies of /dev/null, is in `gpu` and in `urgent`, whose
jobs preempt those of `gpu`. The daemons keep their state in FOLDER; the configuration lies in /etc/slurm, where srun
looks for it when its environment has been cleaned.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDER = Path("/tmp/marey-slurm")
ETC = Path("/etc/slurm")
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "srun", "setpriv")
NODES = {"cpu1": 16821, "cpu2": 16822, "gpu1": 16823}  # node: port
OURS = "# made by the tests of Marey"

SLURM = f"""{OURS}
ClusterName=marey
SlurmctldHost={{host}}(127.0.0.1)
SlurmctldPort=16820
SlurmUser=root
SlurmdUser=root
# a requeued job waits until its credential has expired: 120 s if nothing is said
AuthInfo=socket={FOLDER}/munge/socket,cred_expire=5
{{listening}}
MpiDefault=none
MailProg=/bin/true
# no cgroups: they may be the host's
ProctrackType=proctrack/pgid
TaskPlugin=task/none
# memory is sampled each second; a job above its limit is killed
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill,NoShared
# nodes claim more than the machine has
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
GresTypes=gpu
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
ReturnToService=2
MinJobAge=600
SlurmdTimeout=10
SchedulerParameters=sched_interval=1,batch_sched_delay=0,bf_interval=2,sched_min_interval=0
AccountingStorageType=accounting_storage/none
StateSaveLocation={FOLDER}/state
SlurmdSpoolDir={FOLDER}/spool/%n
SlurmctldPidFile={FOLDER}/slurmctld.pid
SlurmdPidFile={FOLDER}/slurmd.%n.pid
SlurmctldLogFile={FOLDER}/slurmctld.log
SlurmdLogFile={FOLDER}/slurmd.%n.log
{{nodes}}
PartitionName=cpu Nodes=cpu[1-2] Default=YES MaxTime=1440 State=UP
PartitionName=gpu Nodes=gpu1 MaxTime=4320 PriorityTier=1 State=UP
PartitionName=urgent Nodes=gpu1 MaxTime=60 PriorityTier=2 State=UP
"""
# Where the machine's name is a loopback address, nothing listens on any other.
LOOPBACK = "CommunicationParameters=NoInAddrAny,NoCtldInAddrAny"
NODE = "NodeName={name} NodeHostname={name} NodeAddr=127.0.0.1 Port={port} CPUs=32 RealMemory=64000 {gpus}State=UNKNOWN"


def missing() -> str | None:
    """Why there can be no cluster here, or None."""
    absent = [name for name in PROGRAMS if not shutil.which(name)]
    if absent:
        return f"no {', '.join(absent)}: apt-get install slurmctld slurmd slurm-client munge"
    if os.getuid():
        return "only root can start SLURM"
    if (ETC / "slurm.conf").exists() and not (ETC / "slurm.conf").read_text().startswith(OURS):
        return f"{ETC}/slurm.conf: this machine has a SLURM of its own"
    try:
        socket.gethostbyname(socket.gethostname().split(".")[0])
    except OSError:
        return f"the name of this machine, {socket.gethostname()}, does not resolve: add it to /etc/hosts"
    return None


@contextmanager
def cluster() -> Iterator[None]:
    """A cluster that is up; one at a time on a machine, so another session of tests waits for this one."""
    with Path("/tmp/marey-slurm.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _end_all()  # of a session that was killed
        try:
            _configure()
            _start_munge()
            start_controller()
            for node in NODES:
                start_node(node)
            until(lambda: set(ask("sinfo", "--noheader", "--Node", "--format=%T").split()) == {"idle"}, "idle nodes")
            yield
        finally:
            _end_all()
            for name in ("slurm.conf", "gres.conf", "cgroup.conf"):
                (ETC / name).unlink(missing_ok=True)


def ask(*command: str) -> str:
    """What a command of SLURM says; nothing where it fails, as it does while the controller is away."""
    return subprocess.run(command, capture_output=True, text=True, timeout=60).stdout


def until(true: Callable[[], object], what: str, *, seconds: int = 120) -> object:
    """Wait until `true()` is, and return it."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, f"no {what} after {seconds} s; {ask('squeue')} {ask('sinfo')}"
        time.sleep(0.2)
    return found


def start_controller() -> None:
    """Start slurmctld, with the state that it had, and wait until it answers."""
    subprocess.run(["slurmctld"], check=True)
    until(lambda: "UP" in ask("scontrol", "ping"), "controller")


def stop_controller() -> None:
    """End slurmctld; jobs go on."""
    _end(FOLDER / "slurmctld.pid")


def start_node(node: str) -> None:
    """Start the slurmd of a node."""
    (FOLDER / "spool" / node).mkdir(parents=True, exist_ok=True)
    subprocess.run(["slurmd", "-N", node], check=True, env={**os.environ, "MAREY_NODE": node})


def crash_node(node: str) -> None:
    """Kill the slurmd of a node and all that runs there, without a word to the controller; then tell it."""
    marks = (f"MAREY_NODE={node}\0", f"SLURMD_NODENAME={node}\0")
    for step in (signal.SIGSTOP, signal.SIGKILL):  # stopped first: none may go on because another is gone
        for pid in _processes(marks):
            with contextlib.suppress(ProcessLookupError):  # it ended by itself since
                os.kill(pid, step)
    (FOLDER / f"slurmd.{node}.pid").unlink(missing_ok=True)
    ask("scontrol", "update", f"nodename={node}", "state=down", "reason=crash")


def _processes(marks: tuple[str, ...]) -> list[int]:
    """The processes that have one of the texts in their environment."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            environment = path.read_bytes().decode(errors="replace")
        except OSError:
            continue
        if any(mark in environment for mark in marks):
            found.append(int(path.parent.name))
    return found


def _configure() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    for name in ("state", "spool", "munge"):
        (FOLDER / name).mkdir(parents=True)
    nodes = [
        NODE.format(name=name, port=port, gpus="Gres=gpu:2 " if name.startswith("gpu") else "")
        for name, port in NODES.items()
    ]
    host = socket.gethostname().split(".")[0]
    listening = LOOPBACK if socket.gethostbyname(host).startswith("127.") else ""
    for number in range(2):
        os.mknod(FOLDER / f"gpu{number}", 0o20666, os.makedev(1, 3))
    ETC.mkdir(exist_ok=True)
    (ETC / "slurm.conf").write_text(SLURM.format(host=host, listening=listening, nodes="\n".join(nodes)))
    (ETC / "gres.conf").write_text(f"{OURS}\nNodeName=gpu1 Name=gpu File={FOLDER}/gpu[0-1]\n")
    (ETC / "cgroup.conf").write_text(f"{OURS}\nCgroupPlugin=cgroup/v1\nCgroupAutomount=no\n")


def _start_munge() -> None:
    folder = FOLDER / "munge"
    (folder / "key").write_bytes(os.urandom(128))
    (folder / "key").chmod(0o400)
    for path in (folder, folder / "key"):
        shutil.chown(path, "munge", "munge")
    files = {"key-file": "key", "socket": "socket", "pid-file": "pid", "log-file": "log", "seed-file": "seed"}
    options = [f"--{option}={folder / name}" for option, name in files.items()]
    user = ["setpriv", "--reuid=munge", "--regid=munge", "--clear-groups"]
    subprocess.run([*user, "munged", "--force", *options], check=True)
    until((folder / "socket").exists, "munge")


def _end_all() -> None:
    """Cancel all jobs and end all daemons."""
    if (ETC / "slurm.conf").exists() and (FOLDER / "slurmctld.pid").exists():
        ask("scancel", "--user=root")
        end = time.monotonic() + 15
        while ask("squeue", "--noheader") and time.monotonic() < end:
            time.sleep(0.2)
    for path in [*FOLDER.glob("slurmd.*.pid"), FOLDER / "slurmctld.pid", FOLDER / "munge" / "pid"]:
        _end(path)
    for pid in _processes(tuple(f"{name}={node}\0" for name in ("MAREY_NODE", "SLURMD_NODENAME") for node in NODES)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _end(pid_file: Path) -> None:
    """End the daemon of a file, by force where it does not; a number that now is another program's is left alone."""
    try:
        pid = int(pid_file.read_text())
        program = Path(f"/proc/{pid}/exe")
        if Path(os.readlink(program)).name.startswith(("slurm", "munged")):
            os.kill(pid, signal.SIGTERM)
            end = time.monotonic() + 20
            while program.exists():
                time.sleep(0.2)
                if time.monotonic() > end:
                    os.kill(pid, signal.SIGKILL)
    except (OSError, ValueError):
        return
    pid_file.unlink(missing_ok=True)
