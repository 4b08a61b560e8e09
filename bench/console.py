"""The explorer on a record of 24 hours with 53 channels: the first plots, answers of data, panning.

A real server (one process) and a real browser. Answers of data are CPU of the server, against the
same bytes ready-made. What the browser shows is wall time and depends on its machine: for the first
plots against an empty page of the same server, for frames of panning against frames in which
nothing is drawn.
"""

from __future__ import annotations

import statistics
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.harness import cpu_in_turn, show

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from bench.served import Served

RECORD, LOGIN = 99_000_001, "athlete@example.com"
PAGE = f"/explore/record/{RECORD}/"
ROUNDS, TIMES, FRAMES = 3, 50, 120
WINDOWS = {
    "24 h": (0, 86_400),
    "1 h": (40_000, 43_600),
    "1 min": (40_000, 40_060),
    "10 s": (40_000, 40_010),
}

_FRAMES = """async ([count, seconds]) => {
    const plots = document.querySelector(".plots");
    const key = new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true });
    const back = new KeyboardEvent("keydown", { key: "ArrowLeft", bubbles: true });
    const times = [];
    for (let at = 0; at < count; at += 1) {
        if (seconds) plots.dispatchEvent(at % 6 < 3 ? key : back);
        times.push(await new Promise(requestAnimationFrame));
    }
    return times;
}"""


_ALL_DRAWN = """() => [...document.querySelectorAll(".plot:not([hidden])")]
    .filter((plot) => plot.getBoundingClientRect().top < innerHeight)
    .every((plot) => plot.dataset.kind)"""


def main() -> None:
    """Print all of it."""
    from bench.served import served_demo

    with served_demo(fill) as (server, ready):
        first_answer(server)
        answers(server, ready)
        in_browser(server)


def fill() -> None:
    """The record of bench/day.py, twice: one that the server sums up, and one that it never saw."""
    from apps.accounts.models import User
    from bench.day import day_record

    user = User.objects.get(username=LOGIN)
    day_record(user, RECORD)
    day_record(user, RECORD + 1)


def asked(since: int, until: int) -> str:
    """The path of all channels in a window of seconds, for plots of 1,200 pixels."""
    return f"{PAGE}data?from={since * 256}&to={until * 256}&columns=1200"


def first_answer(server: Served) -> None:
    """All channels of 24 hours, read for the first time, against the same again."""
    spent = {}
    for name in ("24 h of 53 channels, seen for the first time", "the same again"):
        began = server.cpu()
        server.get(asked(*WINDOWS["24 h"]), {})
        spent[name] = (server.cpu() - began) * 1000
    show("data of the explorer", spent, "the same again")


def answers(server: Served, ready: Path) -> None:
    """All 53 channels in windows of several lengths."""
    body = server.get(asked(*WINDOWS["24 h"]), {})
    ready.write_bytes(body)
    static = f"{len(body) // 1000} kB, ready"
    works = {
        f"53 channels, {name}": partial(server.get, asked(*window), {})
        for name, window in WINDOWS.items()
    }
    works[static] = partial(server.get, "/ready/", {"Authorization": _basic()})
    show("53 channels over HTTP", cpu_in_turn(works, ROUNDS, TIMES, server.cpu), static)


def _basic() -> str:
    from bench.harness import basic

    return basic(LOGIN, "athlete")["Authorization"]


def in_browser(server: Served) -> None:
    """The first plots, and the frames of panning."""
    from tests.browser import chromium

    if chromium.path() is None:
        print(f"no browser: {chromium.MISSING}")
        return
    base = f"http://127.0.0.1:{server.connection.port}"
    with chromium.started() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        first_plots(page, base)
        frames(page)


def first_plots(page: Page, base: str) -> None:
    """Milliseconds until the plots on the screen have their lines, by the clock of the page,
    against another page of the explorer."""
    plain = f"{base}{PAGE}selection"
    unseen = f"{base}/explore/record/{RECORD + 1}/"
    page.goto(plain)  # the browser itself has started
    spent = {
        "24 h of 53 channels, never seen before": _until_drawn(page, unseen),
        "24 h of 53 channels": statistics.median(
            _until_drawn(page, f"{base}{PAGE}") for _ in range(5)
        ),
    }
    times = []
    for _ in range(5):
        page.goto("about:blank")
        page.goto(plain)
        times.append(float(page.evaluate("performance.now()")))
    spent["a page without plots"] = statistics.median(times)
    _show_wall("first plot", spent, "a page without plots")
    _until_drawn(page, f"{base}{PAGE}")


def _until_drawn(page: Page, address: str) -> float:
    """Open a record, and return the milliseconds until every plot on the screen was drawn."""
    page.goto("about:blank")
    page.goto(address)
    page.wait_for_function(_ALL_DRAWN)
    return float(page.evaluate("performance.getEntriesByName('explorer:drawn').at(-1).startTime"))


def frames(page: Page) -> None:
    """The time from one frame to the next while somebody pans, in windows of several lengths."""
    still = _deltas(page.evaluate(_FRAMES, [FRAMES, 0]))
    spent = {"nothing is drawn": statistics.median(still)}
    for name, seconds in (("24 h", 43_200), ("1 h", 3600), ("10 s", 10)):
        address = page.url.partition("#")[0]
        page.goto("about:blank")
        page.goto(f"{address}#40000-{40_000 + seconds}")
        page.wait_for_selector(".plot[data-kind] canvas")
        page.wait_for_load_state("networkidle")
        found = _deltas(page.evaluate(_FRAMES, [FRAMES, 1]))
        spent[f"panning half of {name}" if seconds > 40_000 else f"panning {name}"] = (
            statistics.median(found)
        )
        spent[f"  its slowest of 20 ({name})"] = sorted(found)[-len(found) // 20]
    _show_wall("frames", spent, "nothing is drawn")


def _deltas(times: list[Any]) -> list[float]:
    return [after - before for before, after in pairwise(times)]


def _show_wall(title: str, milliseconds: dict[str, float], against: str) -> None:
    print(title)
    for name, spent in milliseconds.items():
        print(f"  {name:<46} {spent:8.1f} ms   {spent / milliseconds[against]:6.2f} x")


if __name__ == "__main__":
    main()
