"""Programs from which the network is taken away."""

import shutil
import subprocess
import sys
from functools import cache

REACH = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=5)"  # an address kept for documents


@cache
def within() -> tuple[str, ...]:
    """What runs a command in a network namespace of its own, which has no interface that is up; () if none does."""
    command = ("unshare", "--net")
    if not shutil.which(command[0]) or subprocess.run([*command, "true"], capture_output=True).returncode:
        return ()
    reached = subprocess.run([*command, sys.executable, "-c", REACH], capture_output=True, text=True)
    assert "unreachable" in reached.stderr
    return command
