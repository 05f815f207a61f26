"""Reference page of the formats of labels and predictions that are read: what each takes, its pixels, its limits."""

import pkgutil
from importlib import import_module
from types import ModuleType

from marey.labels import formats
from marey.reference.templates import fill_template


def page() -> str:
    """Write the page: a row for each format, and a section with what its module says of itself."""
    known = label_formats()
    head = ["| format | reads | pixels |", "|---|---|---|"]
    rows = [f"| [{name}](#{name}) | {module.EXPECTED} | {module.PIXELS} |" for name, module in known.items()]
    sections = [f"### {name}\n\n{module.__doc__.strip()}\n\n{module.LIMITS}\n" for name, module in known.items()]
    return fill_template("label_formats", overview="\n".join([*head, *rows]), formats="\n".join(sections))


def label_formats() -> dict[str, ModuleType]:
    """Find the modules of the formats, by name."""
    names = sorted(item.name for item in pkgutil.iter_modules(formats.__path__) if not item.name.startswith("_"))
    return {name: import_module(f"{formats.__name__}.{name}") for name in names}
