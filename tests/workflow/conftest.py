"""The tiny experiment that the tests of re-runs share."""

import pytest

from . import offline
from .checkout import Workflow, tiny_experiment


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Workflow:
    """The tiny experiment, run to the end: without a network, where this machine lets us take it away."""
    workflow = tiny_experiment(tmp_path_factory.mktemp("tiny"))
    workflow.first_output = workflow.snakemake(within=offline.within())
    return workflow
