"""One browser for all tests of the labelling kit; without Chromium or Playwright they are skipped."""

import shutil

import pytest

from .kits import FLAGS

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def playwright():
    api = pytest.importorskip("playwright.sync_api", reason="the labelling kit is tested with Playwright")
    if not CHROMIUM:
        pytest.skip("the labelling kit is tested in Chromium, which is not installed")
    with api.sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def chromium(playwright):
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture
def visit(chromium):
    """Open a kit in a context of its own: `visit(path, width=..., height=..., ratio=..., ...)`."""
    from .kits import Visit

    contexts = []

    def begin(path, *, width=1280, height=720, ratio=1, context=None, **options):
        if context is None:
            context = chromium.new_context(
                viewport={"width": width, "height": height}, device_scale_factor=ratio, **options
            )
            contexts.append(context)
        return Visit(context.new_page(), path)

    yield begin
    for context in contexts:
        context.close()
