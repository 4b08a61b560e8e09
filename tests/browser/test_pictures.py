"""The pages as docs/images shows them, where `./bin/docs` puts their pictures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page

from apps.documents import generated
from tests.browser import chromium
from tests.live import Live
from tests.programs import EMAIL, OAUTH2, PASSWORD, WEB_CALLBACK

IMAGES = Path(__file__).parents[2] / "docs" / "images"
WIDTH, HEIGHT, NARROW = 640, 840, 320
LARGEST = 80_000

chromium.demand()


@pytest.fixture(params=["light", "dark"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A small window of somebody who likes his pages light, or dark."""
    context = browser.new_context(
        viewport={"width": WIDTH, "height": HEIGHT},
        color_scheme=request.param,
        ignore_https_errors=True,
    )
    yield context.new_page()
    context.close()


def picture(page: Page, name: str, scheme: str) -> None:
    """Sees that the page shows nothing cut off, and takes its picture if that is asked for."""
    for width in (NARROW, WIDTH):
        page.set_viewport_size({"width": width, "height": HEIGHT})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    if generated.are_written() and scheme == "light":
        IMAGES.mkdir(exist_ok=True)
        page.screenshot(path=IMAGES / f"{name}.png", animations="disabled", caret="hide")


@pytest.mark.generated
def test_login_and_consent(page: Page, live: Live, request: pytest.FixtureRequest) -> None:
    scheme = request.node.callspec.params["page"]
    asked = {
        "response_type": "code",
        "client_id": OAUTH2.key,
        "redirect_uri": WEB_CALLBACK,
        "scope": "readonly readwrite",
        "state": "x",
    }
    page.goto(f"{live.https}/api/connect/oauth2/auth/?{urlencode(asked)}")
    picture(page, "login", scheme)
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    assert page.get_by_role("button", name="Allow").is_visible()
    picture(page, "consent", scheme)


@pytest.mark.parametrize("name", ["login", "consent"])
def test_the_pictures_are_small(name: str) -> None:
    file = IMAGES / f"{name}.png"
    assert file.read_bytes().startswith(b"\x89PNG")
    assert file.stat().st_size < LARGEST
