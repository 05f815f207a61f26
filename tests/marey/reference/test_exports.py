"""The page of exports: every format is there, with its rule of pixels, what it leaves out and how to load it."""

from marey.experiment.config import schema
from marey.exports.names import load_format, load_label_format, load_session_format
from marey.reference import exports

KEYS = schema("config")["properties"]["export"]["properties"]


def test_every_format_has_a_row_and_a_section():
    page = exports.page()
    loaded = {f"`exports/<video>.{name}`": load_format(name) for name in KEYS["formats"]["items"]["enum"]}
    loaded |= {f"`exports/labels/{name}/`": load_label_format(name) for name in KEYS["labels"]["items"]["enum"]}
    spaces = {
        f"`exports/sessions/<session>.{name}`": load_session_format(name) for name in KEYS["sessions"]["items"]["enum"]
    }
    for place, module in (loaded | spaces).items():
        positions = module.POSITIONS if place in spaces else module.PIXELS
        assert f"| {place} | {module.TOOLS} | {positions} |" in page
        assert f"- Left out: {'; '.join(module.CANNOT_SAY)}." in page
        assert module.__doc__.strip() in page


def test_lines_that_load_a_file_are_python():
    blocks = exports.page().split("```python\n")[1:]
    assert len(blocks) == sum(len(KEYS[name]["items"]["enum"]) for name in ("formats", "sessions", "labels"))
    for block in blocks:
        code = block.partition("```")[0]
        compile(code, "page", "exec")
        assert "results/demo/exports/" in code
