"""What a page of another site can do to a store on this machine, in Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from playwright.sync_api import Browser, Page

from tests.browser import chromium
from tests.browser.receiver import Receiver
from tests.docs.markdown import PAGES, Block, blocks
from tests.live import Live
from tests.programs import EMAIL, PASSWORD

chromium.demand()

EVIL = "evil.example"
SEND = """async ([url, label, body]) => {
    const blob = new Blob([body], label ? {type: label} : {});
    const answer = await fetch(
        url, {method: "POST", mode: "no-cors", credentials: "include", body: blob});
    return answer.status;
}"""
BEACON = "([url, body]) => navigator.sendBeacon(url, new Blob([body]))"
READ = """async ([path, method]) => {
    const answer = await fetch(path, {method});
    return [answer.status, await answer.text()];
}"""
ASK = """async ([url, body]) => {
    const headers = {"Content-Type": "application/json"};
    return (await fetch(url, {method: "POST", headers, body})).status;
}"""
OPAQUE = 0  # the status of an answer that a page may not look at


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for which a name of somebody else's leads to this machine."""
    if chromium.path() is None:
        pytest.fail(chromium.MISSING)
    with chromium.started(f"--host-resolver-rules=MAP {EVIL} 127.0.0.1") as found:
        yield found


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of somebody who has logged in to the store by Basic and is remembered."""
    login: Any = {"username": EMAIL, "password": PASSWORD}
    context = browser.new_context(http_credentials=login)
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()


def mails(live: Live) -> list[str]:
    """The subjects in the outbox."""
    found = requests.get(f"{live.base}/_sandbox/outbox", params={"to": EMAIL}, timeout=10).json()
    return [mail["subject"] for mail in found]


def labels(live: Live) -> int:
    answer = requests.get(f"{live.base}/api/label/", auth=(EMAIL, PASSWORD), timeout=10)
    total: int = answer.json()["meta"]["total_count"]
    return total


def reset() -> str:
    return f'{{"email": "{EMAIL}"}}'


def test_a_name_that_leads_here_opens_nothing(page: Page, live: Live) -> None:
    port = urlsplit(live.base).port
    opened = page.goto(f"http://{EVIL}:{port}/")
    assert opened is not None
    assert opened.status == 421
    for path, method in (
        ("/_sandbox/outbox", "GET"),
        ("/_sandbox/outbox", "DELETE"),
        ("/api/account/", "GET"),
        ("/api/resetpassword/", "POST"),
    ):
        status, text = page.evaluate(READ, [path, method])
        assert status == 421
        assert EMAIL not in text


@pytest.mark.parametrize("host", [EVIL, "127.0.0.1"], ids=["another-site", "another-port"])
@pytest.mark.parametrize("label", ["", "text/plain"])
def test_a_foreign_page_has_no_mail_sent(
    page: Page, live: Live, receiver: Receiver, host: str, label: str
) -> None:
    before = mails(live)
    page.goto(receiver.uri.replace("127.0.0.1", host))
    url = f"{live.base}/api/resetpassword/"
    assert page.evaluate(SEND, [url, label, reset()]) == OPAQUE
    assert mails(live) == before
    seen = requests.get(f"{live.base}/_sandbox/auth/last", timeout=10).json()
    assert seen[0]["reason"] == "cross_site"


@pytest.mark.parametrize("host", [EVIL, "127.0.0.1"], ids=["another-site", "another-port"])
def test_a_remembered_login_is_of_no_use_to_it(
    page: Page, live: Live, receiver: Receiver, host: str
) -> None:
    opened = page.goto(f"{live.base}/api/account/")
    assert opened is not None
    assert opened.status == 200
    before = labels(live)
    page.goto(receiver.uri.replace("127.0.0.1", host))
    body = f'{{"name": "forged", "user": "{EMAIL}"}}'
    page.evaluate(SEND, [f"{live.base}/api/label/", "", body])
    page.evaluate(BEACON, [f"{live.base}/api/label/", body])
    page.evaluate(SEND, [f"{live.base}/api/label/", "", body])  # when this is answered, both are
    assert labels(live) == before


def test_a_page_of_the_store_may(page: Page, live: Live) -> None:
    """Which shows that the requests above are not refused for some other reason."""
    before = mails(live)
    page.goto(f"{live.base}/docs/api/")
    url = f"{live.base}/api/resetpassword/"
    assert page.evaluate(ASK, [url, reset()]) == 202
    assert len(mails(live)) == len(before) + 1


DASHBOARD = """async ([base, login]) => {
    const headers = {"Authorization": "Basic " + btoa(login), "Content-Type": "application/json"};
    const send = (method, path, body) => fetch(
        base + path, {method, headers, body: body && JSON.stringify(body)});
    const account = await (await send("GET", "/api/account/")).json();
    const owner = account.objects[0].resource_uri;
    const made = await send("POST", "/api/label/", {name: "dashboard", user: owner});
    const place = new URL(made.headers.get("Location"), base).pathname;
    const named = await (await send("PATCH", place, {name: "renamed"})).json();
    const gone = await send("DELETE", place);
    return [made.status, named.name, gone.status, made.headers.get("X-HexoStore")];
}"""
REMEMBERED = """async ([url, body]) => {
    const headers = {"Content-Type": "application/json"};
    const sent = {method: "POST", credentials: "include", headers, body};
    return await fetch(url, sent).then((answer) => answer.status, (error) => error.name);
}"""
CONTROL = """async ([url]) => {
    const headers = {"X-HexoStore-Control": "1"};
    const read = await fetch(url).then((answer) => answer.status, (error) => error.name);
    const sent = {method: "POST", headers, body: "{}"};
    return [read, await fetch(url, sent).then((answer) => answer.status, (error) => error.name)];
}"""


@pytest.mark.parametrize("host", [EVIL, "127.0.0.1"], ids=["another-site", "another-port"])
def test_a_dashboard_works_with_a_login_of_its_own(
    browser: Browser, live: Live, receiver: Receiver, host: str
) -> None:
    page = browser.new_page()
    page.goto(receiver.uri.replace("127.0.0.1", host))
    found = page.evaluate(DASHBOARD, [live.base, f"{EMAIL}:{PASSWORD}"])
    assert found == [201, "renamed", 204, "mock"]


def test_a_dashboard_has_no_use_of_a_remembered_login(
    page: Page, live: Live, receiver: Receiver
) -> None:
    page.goto(f"{live.base}/api/account/")
    before = labels(live)
    page.goto(receiver.uri)
    body = f'{{"name": "forged", "user": "{EMAIL}"}}'
    assert page.evaluate(REMEMBERED, [f"{live.base}/api/label/", body]) == "TypeError"
    assert labels(live) == before


def test_the_control_plane_is_no_part_of_it(
    browser: Browser, live: Live, receiver: Receiver
) -> None:
    page = browser.new_page()
    page.goto(receiver.uri)
    found = page.evaluate(CONTROL, [f"{live.base}/_sandbox/sandboxes"])
    assert found == ["TypeError", "TypeError"]


def scripts() -> list[Block]:
    """The examples of JavaScript on all pages."""
    return [block for page in PAGES for block in blocks(page) if block.language == "js"]


@pytest.mark.parametrize("script", scripts(), ids=str)
def test_the_scripts_of_the_documents_work(
    browser: Browser, live: Live, receiver: Receiver, script: Block
) -> None:
    page = browser.new_page()
    printed: list[str] = []
    page.on("console", lambda message: printed.append(message.text))
    page.goto(receiver.uri)
    text = script.text.replace("http://127.0.0.1:8000", live.base)
    text = text.replace("athlete@example.com:athlete", f"{EMAIL}:{PASSWORD}")
    page.evaluate(f"async () => {{{text}}}")
    assert [line for line in printed if line.isdigit()]
