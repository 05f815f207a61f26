"""All reference pages that `make docs` writes: `python -m marey.reference.pages`."""

from marey.reference import commands, exports, keys, label_formats, reruns, tables
from marey.reference.templates import REPOSITORY

PAGES = {
    "config/README.md": keys.page,
    "docs/reference/commands.md": commands.page,
    "docs/reference/exports.md": exports.page,
    "docs/reference/label-formats.md": label_formats.page,
    "docs/reference/reruns.md": reruns.page,
    "docs/reference/tables.md": tables.page,
}


def write_pages() -> None:
    """Write all pages."""
    for name, page in PAGES.items():
        path = REPOSITORY / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write_pages()
