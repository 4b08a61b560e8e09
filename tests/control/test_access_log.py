"""The access log: who sent a request, in which sandbox, and why it was refused."""

from __future__ import annotations

import json
import logging

import pytest
import requests
from django.test import Client

from tests import begun_homes
from tests.embedded import remove_home, throwaway_home
from tests.live import Live
from tests.people import Caller, owner

__all__ = ["owner"]


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.name == "hexostore.request"]


def test_a_line_names_the_user_and_the_scheme(
    owner: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        owner.get("/api/account/")
    (line,) = lines(caplog)
    assert line.startswith("GET /api/account/ 200 ")
    assert line.endswith(f" ms user={owner.user.username} scheme=basic")


@pytest.mark.django_db
def test_pages_that_bring_themselves_up_to_date_fill_no_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO):
        Client().get("/outbox/", headers={"HX-Request": "true"})
        assert lines(caplog) == []
        Client().get("/outbox/")
        Client().get("/api/", headers={"HX-Request": "true"})
    assert len(lines(caplog)) == 2


@pytest.mark.django_db
def test_the_line_of_a_refused_request_ends_with_the_reason(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO):
        Client().get("/api/account/")
        Client().get("/api/account/", headers={"Authorization": "Bearer s3cr3t"})
    first, second = lines(caplog)
    assert first.endswith(" ms reason=no_credentials")
    assert second.endswith(" ms scheme=bearer reason=unknown_token")
    assert "s3cr3t" not in caplog.text


def test_every_line_of_a_server_can_be_json() -> None:
    home = throwaway_home()
    begun_homes.fill_home(home, "empty")
    live = Live(home, options=("--log-format", "json")).start()
    try:
        requests.get(f"{live.base}/api/account/?code=s3cr3t", timeout=30)
    finally:
        live.stop()
    told = [json.loads(line) for line in live.log().splitlines()]
    remove_home(home)
    (line,) = [each for each in told if each["logger"] == "hexostore.request"]
    assert (line["status"], line["reason"]) == (401, "no_credentials")
    assert line["path"] == "/api/account/?code=..."


def test_a_wrong_format_is_refused() -> None:
    home = throwaway_home()
    done = Live(home).run("serve", "--log-format", "yaml")
    remove_home(home)
    assert done.returncode == 2
    assert "text" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_sandbox_is_named_even_if_there_is_none(served: Live) -> None:
    requests.get(f"{served.base}/~no-such/api/", timeout=30)
    requests.get(f"{served.base}/~main/api/?here", timeout=30)
    lines = served.log().splitlines()
    assert any("GET /api/ 404 " in line and line.endswith(" sandbox=no-such") for line in lines)
    assert any("GET /api/?here 200 " in line and line.endswith(" ms") for line in lines)
