"""Formats that a resource does not have: data refuse them, all others give JSON (rule T23)."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.api.asking import ask
from tests.people import Caller


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
