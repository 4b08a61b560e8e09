"""The browser of the distribution, as tests and screenshots start it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


MISSING = "chromium is not installed (Debian: apt-get install chromium)"


def demand() -> None:
    """Skips the module that is being collected, in one line, where there is no browser; unless
    HEXOSTORE_REQUIRE_BROWSER is set, for then its tests are to fail."""
    if path() is None and not os.environ.get("HEXOSTORE_REQUIRE_BROWSER"):
        pytest.skip(MISSING, allow_module_level=True)


def path() -> str | None:
    """Where it is; None if it is not installed."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def started(*more: str) -> Iterator[Browser]:
    """A browser without a window; each of its contexts has a profile of its own, empty. `more`
    are further arguments of its command line."""
    with sync_playwright() as playwright:
        arguments = [*ARGUMENTS, *more]
        browser = playwright.chromium.launch(executable_path=path(), args=arguments)
        yield browser
        browser.close()
