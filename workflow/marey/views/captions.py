"""Captions of figures as HTML: those of `workflow/report`, which Snakemake's own report shows as well."""

from functools import cache
from pathlib import Path

import docutils.core
import jinja2
from markupsafe import Markup, escape

CAPTION_FOLDER = Path(__file__).parents[2] / "report"
DOCUTILS_SETTINGS = {
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "report_level": 5,
    "input_encoding": "utf-8",
}


class _Tokens:
    """Stands for Snakemake's `wildcards`: each is a word that reStructuredText leaves alone."""

    def __getattr__(self, name: str) -> str:
        return _token(name)


def _token(name: str) -> str:
    return f"WILDCARD{name}WILDCARD"


def caption_html(name: str, **wildcards: str | int) -> Markup:
    """Return the caption `name` as HTML, with the values of the wildcards that it mentions."""
    html = _html(name)
    for wildcard, value in wildcards.items():
        html = html.replace(_token(wildcard), escape(value))
    return Markup(html)


@cache
def _html(name: str) -> str:
    source = jinja2.Template((CAPTION_FOLDER / f"{name}.rst").read_text(encoding="utf-8"))
    text = source.render(snakemake={"wildcards": _Tokens()})
    return docutils.core.publish_parts(text, writer="html5", settings_overrides=DOCUTILS_SETTINGS)["body"]
