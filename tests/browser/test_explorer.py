"""The explorer in a browser: what is drawn, how people move in time, and that nothing fails."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Response

from apps.documents import generated
from tests import begun_homes
from tests.browser import chromium
from tests.browser.visited import SCHEMES, SIZES, looking, watched
from tests.live import ROOT, Live

chromium.demand()

PICTURE = ROOT / "docs" / "images" / "explorer.png"
LARGEST = 120_000

Opened = Callable[..., AbstractContextManager[Page]]


@pytest.fixture(scope="module")
def live(browser: Browser) -> Iterator[Live]:
    """The demo world, served for this module."""
    with begun_homes.served_demo() as served:
        yield served


@pytest.fixture(scope="module")
def walk(live: Live) -> int:
    """A simulated record with beats, breaths, steps and a track."""
    asked = ("--user", "athlete@example.com", "--profile", "walk", "--duration", "5m", "--json")
    made = live.run("simulate", *asked, "--start", "2026-11-20T08:00:00", "--seed", "7")
    assert made.returncode == 0, made.stderr
    key: int = json.loads(made.stdout)["id"]
    return key


@pytest.fixture
def opened(browser: Browser, live: Live) -> Opened:
    """Opens a page in an empty profile, and fails if it reports an error or asks another server.
    `expected` is the error that Chromium reports of an answer that is meant to be one."""

    @contextmanager
    def open_page(
        path: str, width: int = 1280, scheme: Any = "light", expected: str = "nothing"
    ) -> Iterator[Page]:
        context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        context.set_default_timeout(20_000)
        page = context.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.on(
            "request",
            lambda sent: None if sent.url.startswith(live.base) else wrong.append(sent.url),
        )
        page.goto(f"{live.base}{path}")
        yield page
        assert [text for text in wrong if expected not in text] == []
        context.close()

    return open_page


def is_data(answer: Response) -> bool:
    return "/data?channels=" in answer.url and "columns=600" not in answer.url


def wait_for_window(page: Page, seconds: int) -> None:
    """Wait until the line of the first plot was drawn for a window of that length."""
    page.wait_for_function(
        "([text]) => document.querySelector('.when').textContent.endsWith(text)",
        arg=[f", {seconds} s"],
    )


def test_all_channels_come_in_one_answer(opened: Opened, walk: int) -> None:
    with opened("/explore/") as page:
        page.get_by_role("link", name=str(walk)).first.click()
        page.wait_for_selector('.plot[data-kind="columns"] canvas')
        assert page.locator(".plot canvas").count() > 5
        assert page.locator(".tools").is_visible()


def test_zooming_in_reaches_single_samples_on_paper(opened: Opened, walk: int) -> None:
    with opened(f"/explore/record/{walk}/") as page:
        page.wait_for_selector('.plot[data-channel="4113"][data-kind="columns"]')
        with page.expect_response(is_data) as answer:
            page.click('[data-move="10"]')
        found = answer.value.json()
        assert {"4113", "17", "beats"} <= set(found["channels"])
        page.wait_for_function(
            """() => document.querySelector('.plot[data-channel="4113"] .note').textContent
                 === '25 mm/s, 10 mm/mV'"""
        )
        page.click('[data-move="in"]')
        page.click('[data-move="in"]')
        page.wait_for_selector('.plot[data-channel="4113"][data-kind="samples"]')


def test_keys_alone_move_through_time(opened: Opened, walk: int) -> None:
    with opened(f"/explore/record/{walk}/#100-110") as page:
        wait_for_window(page, 10)
        before = page.inner_text(".when")
        page.focus(".plots")
        page.keyboard.press("ArrowRight")
        page.wait_for_function(
            "(text) => document.querySelector('.when').textContent !== text", arg=before
        )
        page.keyboard.press("0")
        page.wait_for_function(
            "() => document.querySelector('.when').textContent.endsWith('5 min')"
        )


def test_dragging_pans_and_the_address_remembers_where(opened: Opened, walk: int) -> None:
    with opened(f"/explore/record/{walk}/#100-110") as page:
        wait_for_window(page, 10)
        box = page.locator(".plot").nth(1).bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 800, box["y"] + 50)
        page.mouse.down()
        page.mouse.move(box["x"] + 600, box["y"] + 50, steps=4)
        page.mouse.up()
        # The last of the four steps leads to 101.7 s, the one before to 101.3 s.
        page.wait_for_function("() => parseFloat(location.hash.slice(1)) > 101.5")
        start = float(page.evaluate("location.hash.slice(1).split('-')[0]"))
        assert 101 < start < 103
        address = page.url
        page.reload()
        wait_for_window(page, 10)
        assert page.url == address


def test_the_panel_of_what_is_in_view_follows(opened: Opened, walk: int) -> None:
    with opened(f"/explore/record/{walk}/#100-160") as page:
        page.locator("#selection").scroll_into_view_if_needed()
        page.wait_for_selector("#selection svg.bars")
        text = page.locator("#request-curl").text_content()
        assert text is not None
        assert "start=" in text
        page.select_option("#of-channel", label="Cadence")
        page.wait_for_function(
            "() => document.querySelector('#selection').textContent.includes('request for Cadence')"
        )


def test_panels_open_when_they_are_wanted(opened: Opened, walk: int) -> None:
    with opened(f"/explore/record/{walk}/") as page:
        for title, seen in (
            ("Ground truth", "Matched"),
            ("Track", "North is up"),
            ("Metrics", "HR Avg"),
        ):
            page.get_by_text(title, exact=True).last.click()
            page.get_by_text(seen).first.wait_for()


def test_channels_can_be_hidden_and_shown(opened: Opened, walk: int) -> None:
    with opened(f"/explore/record/{walk}/") as page:
        page.wait_for_selector(".plot[data-kind]")
        page.get_by_text("Channels to show").click()
        page.uncheck('[data-plot="4113"]')
        assert not page.locator('.plot[data-channel="4113"]').is_visible()
        page.check('[data-plot="1000"]')
        page.locator('.plot[data-channel="1000"]').scroll_into_view_if_needed()
        page.wait_for_selector('.plot[data-channel="1000"][data-kind]')


def test_a_record_is_made_and_opened(opened: Opened) -> None:
    path = "/explore/simulate/?user=nobody@example.com"
    with opened(path, expected="400 (Bad Request)") as page:
        page.fill("#duration", "1m")
        page.click("text=Make it")
        page.wait_for_selector("#trouble:has-text('there is no')")
        page.fill("#user", "friend@example.com")
        page.check("input[value=walk]")
        page.click("text=Make it")
        page.wait_for_url("**/explore/record/*/")
        page.wait_for_selector(".plot[data-kind]")
        assert "simulated: walk, seed 1" in page.inner_text(".head")


def test_pages_stay_in_their_sandbox(opened: Opened, live: Live) -> None:
    with opened("/explore/") as page:
        made = page.request.post(
            f"{live.base}/_sandbox/sandboxes",
            headers={"X-HexoStore-Control": "1"},
            data={"name": "t1"},
        )
        assert made.status == 201
        page.goto(f"{live.base}/~t1/explore/")
        page.locator("table.records a").first.click()
        page.wait_for_selector(".plot[data-kind]")
        assert page.url.startswith(f"{live.base}/~t1/explore/record/")
        page.get_by_text("Metrics", exact=True).last.click()
        page.get_by_text("HR Avg").first.wait_for()
        page.goto(f"{live.base}/~t1/explore/simulate/")
        url = page.locator("#simulate").get_attribute("data-url")
        assert url == "/_sandbox/sandboxes/t1/simulate"


def test_a_page_follows_a_record_that_grows(opened: Opened, live: Live) -> None:
    person = ("--user", "athlete@example.com", "--profile", "run", "--duration", "10m")
    device = live.popen("simulate", *person, "--live", "--json")
    assert device.stdout is not None
    record = json.loads(device.stdout.readline())["id"]
    try:
        with opened(f"/explore/record/{record}/") as page:
            page.wait_for_selector(".plot[data-kind]", timeout=60_000)
            assert page.locator(".plot[data-channel='4113']").count() == 0
            page.wait_for_selector("#explorer[data-end]", timeout=60_000)
            device.terminate()  # as Ctrl-C: the record is finished
            page.wait_for_selector(".plot[data-channel='4113'][data-kind]", timeout=60_000)
    finally:
        device.terminate()
        device.communicate(timeout=60)


def test_without_scripts_there_are_a_table_and_a_picture(
    browser: Browser, live: Live, walk: int
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live.base}/explore/record/{walk}/")
    assert not page.locator(".plots").is_visible()
    page.click("noscript a")  # which is no text for playwright
    assert page.locator("svg.overview path").count() == 6
    assert page.get_by_role("row", name="Heart rate 19").count() == 1
    context.close()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", SIZES)
def test_every_page_is_for_everybody(
    browser: Browser, live: Live, walk: int, size: str, scheme: str
) -> None:
    """Nothing for axe-core to find, no sideways scroll, no error, nothing from elsewhere."""
    base = f"/explore/record/{walk}/"
    parts = "", "summary/", "selection", "truth", "track", "metrics"
    pages = ["/explore/", "/explore/simulate/", *(f"{base}{part}" for part in parts)]
    with looking(browser, size, scheme) as context:
        for path in pages:
            visited = watched(context)
            visited.page.goto(f"{live.base}{path}", wait_until="networkidle")
            assert visited.faults() == [], path
            assert visited.errors == [], path
            assert {url for url in visited.loaded if not url.startswith(live.base)} == set()
            visited.page.close()


@pytest.mark.generated
def test_the_picture_of_the_readme(opened: Opened, live: Live) -> None:
    """A few seconds of an astronaut, whose three leads fit into a window."""
    asked = ("--user", "athlete@example.com", "--profile", "astronaut", "--duration", "5m")
    made = live.run("simulate", *asked, "--start", "2026-11-20T10:00:00", "--json")
    key = json.loads(made.stdout)["id"]
    with opened(f"/explore/record/{key}/#150-155", width=1100) as page:
        page.wait_for_selector('.plot[data-channel="4113"][data-kind="samples"] canvas')
        assert page.locator(".plot canvas").count() > 3
        if generated.are_written():
            page.screenshot(path=PICTURE, animations="disabled", caret="hide")
    assert PICTURE.read_bytes().startswith(b"\x89PNG")
    assert PICTURE.stat().st_size < LARGEST
