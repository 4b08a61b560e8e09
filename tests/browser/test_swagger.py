"""Swagger UI logs in and signs by itself, in Chromium."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Request

from tests import begun_homes
from tests.browser import chromium
from tests.live import Live

chromium.demand()

CLIENT, SECRET = "0AuTh23X4mP1eK3y", "0AuTh23x4mPl3pR1v4tEK3y0AuTh23x4mP"
KEY, KEY_SECRET = "3X4mP1ePu6licK3y", "3x4mPl3pR1v4tEK3y3x4mPl3pR1v4tEK3y"
EMAIL, PASSWORD = "athlete@example.com", "athlete"


@pytest.fixture(scope="module")
def live(browser: Browser) -> Iterator[Live]:
    """A demo world."""
    with begun_homes.served_demo() as store:
        yield store


@pytest.fixture
def page(browser: Browser, live: Live) -> Iterator[Page]:
    """Swagger UI, with the resource of accounts open; its policy may stop no more than styles."""
    context = browser.new_context()
    context.set_default_timeout(60_000)
    found = context.new_page()
    said: list[str] = []
    found.on("console", lambda message: said.append(message.text))
    found.goto(f"{live.base}/docs/api/")
    found.locator("#operations-tag-account").click()
    yield found
    context.close()
    stopped = [text for text in said if "Content Security Policy" in text]
    assert [text for text in stopped if "style-src" not in text] == []


def execute(page: Page) -> tuple[Request, int]:
    """The request that the page makes to read the account, and the status of its answer."""
    operation = page.locator("#operations-account-list_account")
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_placeholder("limit", exact=True).fill("1")
    with page.expect_response("**/api/account/**") as answered:
        operation.get_by_role("button", name="Execute").click()
    return answered.value.request, answered.value.status


def test_a_login_with_the_demo_client(page: Page) -> None:
    page.get_by_role("button", name="Authorize").first.click()
    flow = page.locator(".auth-container", has_text="authorizationCode")
    flow.locator("input[id^=client_id]").fill(CLIENT)
    flow.locator("input[id^=client_secret]").fill(SECRET)
    flow.get_by_text("readonly", exact=True).click()
    with page.expect_popup() as opened:
        flow.locator("button.authorize").click()
    consent = opened.value
    assert "code_challenge_method=S256" in consent.url
    consent.get_by_label("E-mail").fill(EMAIL)
    consent.get_by_label("Password").fill(PASSWORD)
    consent.get_by_role("button", name="Log in").click()
    with consent.expect_event("close"):
        consent.get_by_role("button", name="Allow").click()
    flow.get_by_text("Logout").wait_for()
    page.locator("button.btn-done:visible").first.click()
    request, status = execute(page)
    assert status == 200
    assert request.headers["authorization"].startswith("Bearer ")


def test_a_signed_key(page: Page) -> None:
    page.get_by_label("Public key").fill(KEY)
    page.get_by_label("Secret").fill(KEY_SECRET)
    request, status = execute(page)
    assert status == 200
    assert request.url.endswith("/api/account/?limit=1")
    sent = request.headers
    signed = f"{KEY_SECRET}{sent['x-hexotimestamp']}{request.url}"
    digest = hashlib.sha1(signed.encode(), usedforsecurity=False)
    assert sent["x-hexoapikey"] == KEY
    assert sent["x-hexoapisignature"] == digest.hexdigest()
    assert KEY_SECRET not in page.inner_text("body")
