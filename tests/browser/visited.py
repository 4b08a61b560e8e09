"""A page that is watched while a browser visits it: what it loads, and what goes wrong."""

from __future__ import annotations

from dataclasses import dataclass, field

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

SIZES = {"desktop": (1280, 900), "phone": (375, 812)}
SCHEMES = ("light", "dark")


@dataclass
class Visited:
    """A page with the addresses that it loaded and the errors in its console."""

    page: Page
    loaded: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", lambda request: self.loaded.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on(
            "console",
            lambda told: self.errors.append(told.text) if told.type == "error" else None,
        )

    def faults(self) -> list[str]:
        """Return what axe-core finds, and by how many pixels the page is too wide."""
        found = [
            f"{each['id']}: {each['nodes'][0]['html'][:200]}"
            for each in Axe().run(self.page).response["violations"]
        ]
        wide = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        return [*found, f"{wide} pixels too wide"] if wide > 0 else found


def watched(context: BrowserContext) -> Visited:
    """Return a new page that is watched."""
    return Visited(context.new_page())


def looking(browser: Browser, size: str, scheme: str, **more: object) -> BrowserContext:
    """Return a profile with that window and those colours.

    axe-core is put into pages, which their policy forbids; so the profile does not follow it.
    """
    width, height = SIZES[size]
    return browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,  # type: ignore[arg-type]
        bypass_csp=True,
        **more,  # type: ignore[arg-type]
    )
