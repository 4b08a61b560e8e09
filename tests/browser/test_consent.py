"""People log in and consent, in Chromium, with scripts and without."""

from __future__ import annotations

from base64 import b64encode
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from playwright.sync_api import Page

from tests.browser import chromium
from tests.browser.receiver import Receiver
from tests.live import Live
from tests.programs import EMAIL, OAUTH1, OAUTH2, OTHER, PASSWORD

AUTHORIZE, TOKEN = "/api/connect/oauth2/auth/", "/api/connect/oauth2/token/"
HOSTILE = "\"><script>document.title='taken'</script><img src=x onerror=document.title='taken'>"

spec = pytest.mark.spec
chromium.demand()


@pytest.fixture(autouse=True)
def nothing_granted(live: Live) -> None:
    """No program has a token, so that everybody is asked."""
    for program in (OAUTH2, OTHER):
        url = f"{live.base}/api/oauth2token/{program.key}/"
        assert requests.delete(url, auth=(EMAIL, PASSWORD), timeout=10).status_code in {204, 404}


def question(live: Live, receiver: Receiver, **more: str) -> str:
    """The URL that a program sends people to."""
    asked = {
        "response_type": "code",
        "client_id": OAUTH2.key,
        "redirect_uri": receiver.uri,
        "scope": "readonly",
        "state": "st&te=1/ü",
        **more,
    }
    return f"{live.https}{AUTHORIZE}?{urlencode(asked)}"


def log_in(page: Page, password: str = PASSWORD) -> None:
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


def exchange(live: Live, code: str, receiver: Receiver) -> dict[str, Any]:
    """The token that the code is good for."""
    body = {"grant_type": "authorization_code", "code": code, "redirect_uri": receiver.uri}
    answer = requests.post(
        f"{live.base}{TOKEN}", data=body, auth=(OAUTH2.key, OAUTH2.secret), timeout=10
    )
    assert answer.status_code == 200, answer.text
    token: dict[str, Any] = answer.json()
    return token


@spec("RFC 6749", "4.1.2", "Who consents in a browser is sent back with a code, state unchanged")
@spec("RFC 8252", "7.3", "A program on any port of the loopback address receives the code")
def test_a_code(page: Page, live: Live, receiver: Receiver) -> None:
    page.goto(question(live, receiver))
    log_in(page)
    assert OAUTH2.name in page.inner_text("body")
    press(page, "Allow")
    page.wait_for_url(f"{receiver.uri}?*")
    received = receiver.received()
    assert set(received) == {"code", "state"}
    assert received["state"] == "st&te=1/ü"
    token = exchange(live, received["code"], receiver)
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    answer = requests.get(f"{live.base}/api/account/", headers=headers, timeout=10)
    assert answer.json()["objects"][0]["email"] == EMAIL


@spec("RFC 6749", "4.1.2.1", "Who refuses in a browser is sent back with access_denied")
def test_denial(page: Page, live: Live, receiver: Receiver) -> None:
    page.goto(question(live, receiver))
    log_in(page)
    press(page, "Deny")
    page.wait_for_url(f"{receiver.uri}?*")
    received = receiver.received()
    assert (received["error"], received["state"]) == ("access_denied", "st&te=1/ü")
    assert "code" not in received


@spec("RFC 6749", "4.2.2", "The implicit grant puts the token into the fragment, for the browser")
def test_the_fragment(page: Page, live: Live, receiver: Receiver) -> None:
    page.goto(question(live, receiver, response_type="token"))
    log_in(page)
    press(page, "Allow")
    page.wait_for_url(f"{receiver.uri}#*")
    assert receiver.received() == {}
    found = parse_qs(urlsplit(page.url).fragment)
    assert set(found) == {"access_token", "token_type", "expires_in", "scope", "state"}
    assert found["state"] == ["st&te=1/ü"]


@spec("RFC 6749", "3.1", "Who consented once is not asked again for the same")
def test_remembered_consent(page: Page, live: Live, receiver: Receiver) -> None:
    page.goto(question(live, receiver))
    log_in(page)
    press(page, "Allow")
    page.wait_for_url(f"{receiver.uri}?*")
    exchange(live, receiver.received()["code"], receiver)
    page.goto(question(live, receiver))
    assert receiver.received()["code"]
    page.goto(question(live, receiver, scope="readwrite"))
    assert page.get_by_role("button", name="Allow").is_visible()


@spec("RFC 6749", "3.1", "A wrong password is told on the page, and nobody is sent anywhere")
def test_a_wrong_password(page: Page, live: Live, receiver: Receiver) -> None:
    page.goto(question(live, receiver))
    log_in(page, "wrong")
    assert page.get_by_role("alert").is_visible()
    assert page.get_by_label("Password").input_value() == ""
    assert receiver.asked.empty()
    log_in(page)
    assert page.get_by_role("button", name="Allow").is_visible()


@spec("RFC 6749", "4.1.2.1", "An unknown client or redirect is told to the person, not sent on")
@pytest.mark.parametrize(
    "wrong", [{"client_id": "nobody"}, {"redirect_uri": "https://evil.example/"}]
)
def test_errors_are_a_page(
    page: Page, live: Live, receiver: Receiver, wrong: dict[str, str]
) -> None:
    answer = page.goto(question(live, receiver, **wrong))
    assert answer is not None
    assert answer.status == 400
    assert page.url.startswith(live.https)
    assert page.get_by_role("heading").first.is_visible()
    assert receiver.asked.empty()


@spec("RFC 6749", "10.12", "What a URL or a client brings is shown as text, and never run")
def test_nothing_of_a_stranger_runs(page: Page, live: Live, receiver: Receiver) -> None:
    page.goto(question(live, receiver, client_id=OTHER.key, state=HOSTILE))
    assert page.title() != "taken"
    log_in(page)
    assert OTHER.name in page.inner_text("body")
    assert page.locator("b", has_text="dance").count() == 0
    assert (page.title() != "taken", page.locator("script").count()) == (True, 0)
    press(page, "Allow")
    assert receiver.received()["state"] == HOSTILE


@spec(
    "RFC 6749", "10.12", "A client that is called like a script is shown in the error page as text"
)
@pytest.mark.parametrize("name", ["client_id", "redirect_uri", "response_type", "scope", "state"])
def test_nothing_of_a_url_runs(page: Page, live: Live, receiver: Receiver, name: str) -> None:
    page.goto(question(live, receiver, **{name: HOSTILE}))
    assert page.title() != "taken"
    assert page.locator("script, img").count() == 0


@spec(
    "RFC 6749", "10.13", "The pages forbid to be shown in a frame, and load nothing from elsewhere"
)
def test_no_frame_and_nothing_foreign(page: Page, live: Live, receiver: Receiver) -> None:
    hosts: list[str] = []
    page.on("request", lambda request: hosts.append(urlsplit(request.url).netloc))
    answer = page.goto(question(live, receiver))
    assert answer is not None
    assert answer.headers["x-frame-options"] == "DENY"
    policy = answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
    assert set(hosts) == {urlsplit(live.https).netloc}


@spec("RFC 6749", "10.12", "A form that was not the store's own page sends nothing")
def test_a_forged_consent(page: Page, live: Live, receiver: Receiver) -> None:
    page.goto(question(live, receiver))
    log_in(page)
    cookies = {each["name"]: each["value"] for each in page.context.cookies()}
    answer = requests.post(
        question(live, receiver),
        data={"action": "allow"},
        cookies=cookies,
        verify=str(live.ca),
        headers={"Origin": "https://evil.example", "Referer": "https://evil.example/"},
        allow_redirects=False,
        timeout=10,
    )
    assert answer.status_code == 403
    assert receiver.asked.empty()


@spec("RFC 6749", "10.12", "The cookies of the pages are kept from scripts and from other sites")
def test_the_cookies(page: Page, live: Live, receiver: Receiver) -> None:
    page.goto(question(live, receiver))
    log_in(page)
    cookies = page.context.cookies()
    assert cookies
    for cookie in cookies:
        assert cookie["httpOnly"]
        assert cookie["sameSite"] in {"Lax", "Strict"}


@spec("RFC 5849", "2.2", "Who consents in a browser is sent back with the token and a verifier")
def test_oauth1(page: Page, live: Live, receiver: Receiver) -> None:
    from requests_oauthlib import OAuth1Session

    session = OAuth1Session(OAUTH1.key, OAUTH1.secret, callback_uri=receiver.uri)
    asked = session.fetch_request_token(f"{live.base}/oauth/request_token")
    page.goto(session.authorization_url(f"{live.https}/oauth/authorize"))
    log_in(page)
    assert OAUTH1.name in page.inner_text("body")
    press(page, "Allow")
    received = receiver.received()
    assert received["oauth_token"] == asked["oauth_token"]
    session.parse_authorization_response(f"{receiver.uri}?{urlencode(received)}")
    session.fetch_access_token(f"{live.base}/oauth/access_token")
    account = session.get(f"{live.base}/api/account/").json()
    assert account["objects"][0]["email"] == EMAIL


def test_a_login_is_no_login_of_the_api(page: Page, live: Live, receiver: Receiver) -> None:
    page.goto(question(live, receiver))
    log_in(page)
    assert page.request.get(f"{live.https}/api/account/").status == 401


def test_a_basic_header_is_no_login_of_the_pages(live: Live, receiver: Receiver) -> None:
    pair = b64encode(f"{EMAIL}:{PASSWORD}".encode()).decode()
    headers = {"Authorization": f"Basic {pair}"}
    answer = requests.get(
        question(live, receiver), headers=headers, verify=str(live.ca), timeout=10
    )
    assert "password" in answer.text.lower()
