"""The warning of a sandbox that other machines reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from apps.sandbox.exposure import exposure_warning
from tests.live import Live

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django.fixtures import Settings

EVERYWHERE = "0.0.0.0"  # noqa: S104 - that is what the warning is about


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.0.1.1"])
def test_there_is_none_on_this_machine_alone(host: str) -> None:
    assert exposure_warning(host, demo=True) == ""


@pytest.mark.parametrize("host", [EVERYWHERE, "::", "192.168.1.20", "store.example.org"])
def test_it_says_what_others_reach(host: str) -> None:
    text = exposure_warning(host, demo=True)
    for part in (host, "passwords", "staff", "/_sandbox/", "--public", "HEXOSTORE_SANDBOX_OPEN"):
        assert part in text
    assert "demo world" not in exposure_warning(host, demo=False)


def test_it_says_that_the_mail_is_open(settings: Settings) -> None:
    settings.HEXOSTORE_SANDBOX_OPEN = True
    assert "anyone who reaches it can read its mail" in exposure_warning(EVERYWHERE, demo=True)


def test_a_public_server_is_meant_to_be_reached(settings: Settings) -> None:
    settings.HEXOSTORE_PROFILE = "public"
    assert exposure_warning(EVERYWHERE, demo=False) == ""


def test_serve_prints_it(begun_home: Path) -> None:
    served = Live(begun_home, ("--empty", "--host", EVERYWHERE)).start()
    served.stop()
    assert f"listens on {EVERYWHERE}" in served.log()
