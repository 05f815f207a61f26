"""Environment that jobs inherit from the process that parses the workflow, here and on clusters.

Imported in every job: nothing heavy is imported here.
"""

import os


def prepare(library: str) -> None:
    """Set what jobs inherit: the search path, which begins with the folder `library`, and huge pages.

    Scripts are to run the code whose digest is in their params. What Snakemake adds to their search path comes last:
    an installed Marey of another folder would run instead. PYTHONPATH comes before that.

    The C library reads GLIBC_TUNABLES only as a process starts. Large arrays get huge pages: a training step on the CPU
    has 1000 page faults instead of 200000, and takes a quarter less time.
    """
    inherited = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    others = [folder for folder in inherited if folder not in ("", library)]
    os.environ["PYTHONPATH"] = os.pathsep.join([library, *others])
    os.environ.setdefault("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1")
