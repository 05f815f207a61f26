"""Jobs on a GPU: they compute the same bits each time, and have the GPU that they were given."""

import os

# XLA then uses no operation whose sums are added up in an order that changes, and chooses none by how quick it was just
# then. Of the operations that training needs, all have such a form; the gradient of a maximum over windows has none.
DETERMINISTIC = "--xla_gpu_deterministic_ops"


class MissingGpuError(RuntimeError):
    """A job got a GPU that JAX does not find; the message says what to do."""


def deterministic_flags(flags: str) -> str:
    """Add to XLA's `flags` that a GPU is to compute the same bits each time, unless they say whether it is to.

    They are read when JAX first computes. On a CPU they change nothing.
    """
    named = any(flag.partition("=")[0] == DETERMINISTIC for flag in flags.split())
    return flags if named else f"{flags} {DETERMINISTIC}=true".strip()


def require_gpu() -> None:
    """Raise MissingGpuError where SLURM gave a GPU and JAX computes on CPUs unasked: days of that could pass unseen."""
    if "SLURM_JOB_ID" not in os.environ or not os.environ.get("CUDA_VISIBLE_DEVICES"):
        return
    import jax

    asked = os.environ.get("JAX_PLATFORMS", "").split(",")[0]  # the others are what JAX falls back on
    if asked != "cpu" and jax.default_backend() == "cpu":
        raise MissingGpuError(
            f"SLURM gave this job a GPU (CUDA_VISIBLE_DEVICES={os.environ['CUDA_VISIBLE_DEVICES']}) on "
            f"{os.environ.get('SLURMD_NODENAME', 'its node')}, but JAX finds none. Look there with `nvidia-smi`; "
            "if that shows the GPU, this environment lacks JAX for it: `make install LOCK=envs/requirements-cuda.txt`. "
            "To do without, set `gpu: 0` for this rule in profiles/slurm/config.yaml, or JAX_PLATFORMS=cpu for all."
        )
