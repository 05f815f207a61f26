"""The folder of the workflow that this package belongs to."""

from pathlib import Path

import marey


def root() -> Path:
    """Find the folder of the Snakefile. ValueError where the package was installed without it."""
    folder = Path(marey.__file__).resolve().parents[2]
    if not (folder / "Snakefile").is_file():
        raise ValueError(
            f"{folder}: has no Snakefile: Marey was installed without its workflow. Clone its repository and run "
            "`make install` there"
        )
    return folder
