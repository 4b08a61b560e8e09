"""The console in Chromium: each page in every dress, and what its buttons do."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests import begun_homes
from tests.browser import chromium
from tests.browser.visited import SCHEMES, SIZES, looking, watched
from tests.live import Live

chromium.demand()

LOGIN = "athlete@example.com", "athlete"
BASIC = {"Authorization": f"Basic {b64encode(':'.join(LOGIN).encode()).decode()}"}
CONTROL = {"X-HexoStore-Control": "1"}
TWICE = re.compile(r".*\|\|")
COUNT_TURNS = """
    document.addEventListener("htmx:beforeRequest", (event) => {
        if (event.defaultPrevented) document.body.dataset.turns += "|";
    });
"""
"""Has a page mark each turn in which its list was not asked for."""

HOSTILE = "<script>document.title='taken'</script>"


@dataclass(frozen=True)
class ConsolePages:
    """A served demo world in which requests were answered, refused and mailed."""

    live: Live

    def send(self, method: str, path: str, body: object = None, *, knows: bool = True) -> None:
        """Send a request as the athlete, or as nobody."""
        login = LOGIN if knows else None
        requests.request(method, f"{self.live.base}{path}", json=body, auth=login, timeout=60)

    def control(self, method: str, path: str, body: object = None) -> requests.Response:
        """Send a request to the control plane."""
        url = f"{self.live.base}/_sandbox/{path}"
        return requests.request(method, url, json=body, headers=CONTROL, timeout=60)

    def newest(self, query: str = "") -> str:
        """Return the address of the page of the newest request."""
        found = self.control("GET", f"requests?limit=1&{query}").json()["requests"]
        return f"/requests/{found[0]['id']}/"

    def mail(self) -> str:
        """Return the address of the page of the newest mail."""
        return f"/outbox/{self.control('GET', 'outbox').json()[0]['id']}/"


@pytest.fixture(scope="module")
def pages(browser: Browser) -> Iterator[ConsolePages]:
    with begun_homes.served_demo() as live:
        found = ConsolePages(live)
        found.send("POST", "/api/label/", {"name": HOSTILE, "user": "/api/user/1511/"})
        found.send("POST", "/api/resetpassword/", {"email": LOGIN[0]})
        found.send("GET", "/api/account/", knows=False)
        yield found


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()


EVERY: dict[str, Callable[[ConsolePages], str]] = {
    "start": lambda _: "/",
    "start of a sandbox": lambda _: "/~main/",
    "requests": lambda _: "/requests/",
    "no requests": lambda _: "/requests/?user=nobody",
    "a refused request": lambda pages: pages.newest("reason=no_credentials"),
    "a request with a body": lambda pages: pages.newest("path=/api/label/"),
    "outbox": lambda _: "/outbox/",
    "nothing found": lambda _: "/outbox/?q=nothing",
    "a mail": lambda pages: pages.mail(),
    "index": lambda _: "/api/",
    "list": lambda _: "/api/label/?limit=1",
    "documents": lambda _: "/docs/",
    "a guide": lambda _: "/docs/authentication/",
    "a resource": lambda _: "/docs/record/",
    "a reason": lambda _: "/docs/reasons/bad_login/",
    "a search": lambda _: "/docs/search/?q=oauth2",
}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", SIZES)
def test_every_page_is_accessible_and_stays_here(
    browser: Browser, pages: ConsolePages, size: str, scheme: str
) -> None:
    context = looking(browser, size, scheme)
    for name, address in EVERY.items():
        context.set_extra_http_headers(BASIC if address(pages).startswith("/api/") else {})
        seen = watched(context)
        seen.page.goto(pages.live.base + address(pages))
        assert (name, seen.faults(), seen.errors) == (name, [], [])
        assert all(each.startswith(pages.live.base) for each in seen.loaded), seen.loaded
        assert seen.page.title() != "taken"
        seen.page.close()
    context.close()


def test_without_scripts_everything_can_be_read(browser: Browser, pages: ConsolePages) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    for path, text in (
        ("/", "athlete@example.com"),
        ("/requests/", "no_credentials"),
        (pages.newest("reason=no_credentials"), "Why it was refused"),
        ("/outbox/", LOGIN[0]),
    ):
        page.goto(pages.live.base + path)
        assert text in page.inner_text("main")
        assert (
            page.locator("button[data-send], button[data-copy]").locator("visible=true").count()
            == 0
        )
    page.goto(f"{pages.live.base}/requests/")
    page.get_by_label("Status").fill("201")
    page.get_by_role("button", name="Filter").click()
    assert "/api/label/" in page.inner_text("#list")
    assert "/api/account/" not in page.inner_text("#list")
    context.close()


def test_a_copy_button_copies(page: Page, pages: ConsolePages) -> None:
    page.goto(f"{pages.live.base}/")
    page.get_by_role("button", name="Copy the address for https").click()
    assert page.evaluate("navigator.clipboard.readText()") == pages.live.https


def test_the_keyboard_alone_filters(page: Page, pages: ConsolePages) -> None:
    page.goto(f"{pages.live.base}/requests/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the content")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(page.get_by_label("Status")).to_be_focused()
    page.keyboard.type("401")
    page.keyboard.press("Enter")
    page.wait_for_url("**status=401**")
    assert "/api/label/" not in page.inner_text("#list")


def test_a_new_request_appears_by_itself_unless_the_list_is_paused(
    page: Page, pages: ConsolePages
) -> None:
    page.goto(f"{pages.live.base}/requests/")
    pages.send("GET", "/api/unit/?limit=1")
    expect(page.locator("#list")).to_contain_text("/api/unit/?limit=1")
    pause = page.get_by_role("button", name="Pause")
    pause.click()
    expect(pause).to_have_attribute("aria-pressed", "true")
    page.evaluate(COUNT_TURNS)
    pages.send("GET", "/api/unit/?limit=2")
    expect(page.locator("body")).to_have_attribute("data-turns", TWICE, timeout=20_000)
    assert "/api/unit/?limit=2" not in page.inner_text("#list")
    pause.click()
    expect(page.locator("#list")).to_contain_text("/api/unit/?limit=2")


def test_the_focus_stays_when_the_list_is_new(page: Page, pages: ConsolePages) -> None:
    pages.send("GET", "/api/unit/?limit=3")
    page.goto(f"{pages.live.base}/requests/")
    first = page.locator("#list a").first
    first.focus()
    name = first.get_attribute("id")
    pages.send("GET", "/api/unit/?limit=4")
    expect(page.locator("#list")).to_contain_text("/api/unit/?limit=4")
    expect(page.locator(f"#{name}")).to_be_focused()


def test_a_fault_is_added_and_removed(page: Page, pages: ConsolePages) -> None:
    page.goto(f"{pages.live.base}/requests/")
    page.get_by_label("What happens").select_option(label="500, an unexpected error")
    page.get_by_label("Only for resource").fill("unit")
    page.get_by_role("button", name="Add fault").click()
    expect(page.locator(".rules")).to_contain_text("for resource unit")
    (rule,) = pages.control("GET", "faults").json()["faults"]
    assert (rule["action"], rule["match"], rule["times"]) == (
        {"status": 500},
        {"resource": "unit"},
        1,
    )
    page.get_by_role("button", name=f"Remove fault {rule['id']}").click()
    expect(page.locator("#controls")).to_contain_text("No faults.")
    assert pages.control("GET", "faults").json() == {"faults": []}


def test_a_wrong_fault_is_told(page: Page, pages: ConsolePages) -> None:
    page.goto(f"{pages.live.base}/requests/")
    page.get_by_label("How often").evaluate("each => each.type = 'text'")
    page.get_by_label("How often").fill("0")
    page.get_by_role("button", name="Add fault").click()
    expect(page.get_by_role("alert")).to_contain_text("times must be a whole number from 1")


def test_the_clock_stops_goes_on_and_is_given_back(page: Page, pages: ConsolePages) -> None:
    page.goto(f"{pages.live.base}/requests/")
    page.get_by_role("button", name="Stop it").click()
    expect(page.locator("#controls")).to_contain_text("it stands still")
    before = pages.control("GET", "clock").json()
    page.get_by_label("Go on by").fill("2")
    page.get_by_label("Unit").select_option("days")
    page.get_by_role("button", name="Go on").click()
    shown = page.locator("#controls time")
    expect(shown).not_to_have_attribute("datetime", before["now"])
    after = pages.control("GET", "clock").json()
    assert after["timestamp"] - before["timestamp"] == 2 * 86_400 * 256
    page.get_by_role("button", name="Back to real time").click()
    expect(page.locator("#controls")).to_contain_text("the time of this machine")
    assert pages.control("GET", "clock").json()["state"] == "system"


def test_a_request_is_sent_again_as_somebody_else(page: Page, pages: ConsolePages) -> None:
    pages.send("GET", "/api/account/", knows=False)
    page.goto(pages.live.base + pages.newest("path=/api/account/"))
    page.get_by_label("As", exact=True).select_option("coach@example.com")
    page.get_by_role("button", name="Send GET again").click()
    expect(page.locator("#answer-status")).to_contain_text("200")
    expect(page.locator("#answer-body")).to_contain_text("coach@example.com")
    page.goto(pages.live.base + pages.newest("path=/api/account/"))
    expect(page.locator(".statements")).to_contain_text("SELECT")


def test_a_sandbox_is_made_and_deleted(page: Page, pages: ConsolePages) -> None:
    page.goto(f"{pages.live.base}/")
    rows = page.locator("section[aria-labelledby=sandboxes] tbody tr")
    expect(rows).to_have_count(1)
    page.get_by_role("button", name="New sandbox").click()
    expect(rows).to_have_count(2)
    page.once("dialog", lambda asked: asked.dismiss())
    page.get_by_role("button", name="Delete").click()
    assert len(pages.control("GET", "sandboxes").json()["sandboxes"]) == 2
    page.once("dialog", lambda asked: asked.accept())
    page.get_by_role("button", name="Delete").click()
    expect(rows).to_have_count(1)


def test_the_outbox_is_emptied_after_a_question(page: Page, pages: ConsolePages) -> None:
    name = pages.control("POST", "sandboxes", {}).json()["name"]
    base = f"/~{name}"
    pages.send("POST", f"{base}/api/resetpassword/", {"email": LOGIN[0]})
    page.goto(f"{pages.live.base}{base}/outbox/")
    page.get_by_role("link", name="Choose a new password").click()
    link = page.locator(".letter a")
    assert link.get_attribute("rel") == "noopener noreferrer"
    with page.expect_popup() as opened:
        link.click()
    assert opened.value.url == link.get_attribute("href")
    page.goto(f"{pages.live.base}{base}/outbox/")
    page.once("dialog", lambda asked: asked.accept())
    page.get_by_role("button", name="Empty the outbox").click()
    expect(page.locator("main")).to_contain_text("No mail yet")
    pages.control("DELETE", f"sandboxes/{name}")


def test_an_answer_of_the_api_is_followed_in_the_browser(
    browser: Browser, pages: ConsolePages
) -> None:
    context: BrowserContext = browser.new_context(
        http_credentials={"username": LOGIN[0], "password": LOGIN[1]}
    )
    page = context.new_page()
    page.goto(f"{pages.live.base}/api/")
    page.get_by_role("link", name='"/api/datatype/"', exact=True).click()
    expect(page.locator(".facts")).to_contain_text("200 OK")
    page.get_by_role("link", name="Next page").click()
    page.wait_for_url("**offset=**")
    page.get_by_role("link", name="Previous page").click()
    page.get_by_role("link", name="Only the JSON").click()
    assert "objects" in page.evaluate("JSON.parse(document.body.innerText)")
    context.close()
