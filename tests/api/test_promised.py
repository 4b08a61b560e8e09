"""Formats of the real service that this server does not write yet: 501 with a reason."""

from __future__ import annotations

from urllib.parse import quote

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


@pytest.mark.parametrize("path", ["/api/range/201/", "/api/record/101/"])
@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("fit", "application/vnd.ant.fit"),
        ("tcx", "application/vnd.garmin.tcx+xml"),
        ("application/vnd.ant.fit", "application/vnd.ant.fit"),
    ],
)
def test_a_promised_format_is_refused_by_its_name(
    me: Caller, path: str, name: str, wanted: str
) -> None:
    answer = ask(me, "GET", f"{path}?format={quote(name)}", headers={"Accept": "application/json"})
    assert answer.status_code == 501
    assert answer.json() == {"error": f"The format {wanted} is not implemented by this server yet."}


@pytest.mark.parametrize("path", ["/api/data/", "/api/heartrate/"])
@pytest.mark.parametrize(
    "name", ["xls", "fit", "tcx", "application/vnd.ant.fit", "CSV", "9" * 5000]
)
def test_data_refuses_a_format_that_it_does_not_know(me: Caller, path: str, name: str) -> None:
    answer = ask(me, "GET", f"{path}?format={quote(name)}")
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error.startswith(f"Unknown format '{name[:20]}")
    assert error.endswith("'. Known formats are json, csv, zip, edf.")
    assert len(error) < 300


def test_data_takes_an_empty_format_for_none(me: Caller) -> None:
    assert ask(me, "GET", "/api/data/?format=").status_code == 200


@pytest.mark.parametrize(
    "accept", ["", "*/*", "application/*", "text/html", "application/json, text/csv;q=0.9"]
)
@pytest.mark.parametrize("path", ["/api/data/", "/api/range/201/", "/api/record/101/"])
def test_whoever_takes_json_gets_it(me: Caller, path: str, accept: str) -> None:
    answer = ask(me, "GET", path, headers={"Accept": accept})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
