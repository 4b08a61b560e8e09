"""A real browser against a real server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import chromium
from tests.browser.receiver import Receiver, listening
from tests.live import Live
from tests.programs import served


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; for a module only: while playwright runs, Django refuses to use a database in
    its thread."""
    if chromium.path() is None:
        pytest.fail(chromium.MISSING)
    with chromium.started() as found:
        yield found


@pytest.fixture(scope="module")
def live(browser: Browser) -> Iterator[Live]:
    """A store to visit; none is started without a browser."""
    with served() as store:
        yield store


@pytest.fixture(params=[False, True], ids=["without-scripts", "with-scripts"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page in an empty profile that takes the store's own certificate."""
    context = browser.new_context(java_script_enabled=request.param, ignore_https_errors=True)
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as program:
        yield program
