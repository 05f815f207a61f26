"""Templates of the pages: Markdown that people write, with places such as `{{ short }}` for what is made."""

from pathlib import Path

REPOSITORY = Path(__file__).parents[3]  # the folder of the Snakefile
MADE_NOTE = (
    "<!-- Made by `make docs` from workflow/marey/reference/{name}.md: edit that, or what it is made from. -->\n"
)


def fill_template(name: str, **parts: str) -> str:
    """Fill the template `name`.md of this folder: each `{{ key }}` is replaced by the part of that name."""
    text = Path(__file__).with_name(f"{name}.md").read_text(encoding="utf-8")
    for key, part in parts.items():
        text = text.replace(f"{{{{ {key} }}}}", part.strip())
    return MADE_NOTE.format(name=name) + text
