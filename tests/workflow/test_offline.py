"""Jobs need no network: the default network's beginning comes with the environment. For a whole run see test_reruns."""

import subprocess
import sys

import pytest

from . import offline
from .checkout import REPOSITORY, environment

WEIGHTS = "from marey.models.pretrained.pretrained import pretrained; pretrained('efficientnet_lite0')"


def test_pretrained_weights_come_with_the_environment():
    if not offline.within():
        pytest.skip("this machine does not let us take the network away (unshare --net)")
    command = [*offline.within(), sys.executable, "-c", WEIGHTS]
    loaded = subprocess.run(command, cwd=REPOSITORY / "workflow", env=environment(), capture_output=True, text=True)
    assert loaded.returncode == 0, loaded.stderr
