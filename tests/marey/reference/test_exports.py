"""The page of exports: every format is there, with its rule of pixels, what it leaves out and how to load it."""

from marey.experiment.config import schema
from marey.exports.names import load_format, load_label_format
from marey.reference import exports

KEYS = schema("config")["properties"]["export"]["properties"]


def test_every_format_has_a_row_and_a_section():
    page = exports.page()
    loaded = {f"`exports/<video>.{name}`": load_format(name) for name in KEYS["formats"]["items"]["enum"]}
    loaded |= {f"`exports/labels/{name}/`": load_label_format(name) for name in KEYS["labels"]["items"]["enum"]}
    for place, module in loaded.items():
        assert f"| {place} | {module.TOOLS} | {module.PIXELS} |" in page
        assert f"- Left out: {'; '.join(module.CANNOT_SAY)}." in page
        assert module.__doc__.strip() in page


def test_lines_that_load_a_file_are_python():
    blocks = exports.page().split("```python\n")[1:]
    assert len(blocks) == len(KEYS["formats"]["items"]["enum"]) + len(KEYS["labels"]["items"]["enum"])
    for block in blocks:
        code = block.partition("```")[0]
        compile(code, "page", "exec")
        assert "results/demo/exports/" in code
