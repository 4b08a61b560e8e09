"""Formats of the real service that this server does not write yet: 501 with a reason."""

from __future__ import annotations

import pytest

from tests.api.asking import ask
from tests.people import Caller

PROMISED = [
    ("/api/range/201/", "application/vnd.ant.fit"),
    ("/api/record/101/", "application/vnd.garmin.tcx+xml"),
    ("/api/range/201/", "application/vnd.ant.fit, application/json;q=0.5"),
]


@pytest.mark.parametrize(("path", "accept"), PROMISED)
def test_a_promised_format_is_refused(me: Caller, path: str, accept: str) -> None:
    answer = ask(me, "GET", path, headers={"Accept": accept})
    wanted = accept.split(",", maxsplit=1)[0]
    assert answer.status_code == 501
    assert answer.json() == {"error": f"The format {wanted} is not implemented by this server yet."}


@pytest.mark.parametrize(
    "accept", ["", "*/*", "application/*", "text/html", "application/json, text/csv;q=0.9"]
)
@pytest.mark.parametrize("path", ["/api/data/", "/api/range/201/", "/api/record/101/"])
def test_whoever_takes_json_gets_it(me: Caller, path: str, accept: str) -> None:
    answer = ask(me, "GET", path, headers={"Accept": accept})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
