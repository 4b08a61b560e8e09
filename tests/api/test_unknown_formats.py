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


DATA, RANGE = "/api/data/?record=101&datatype=19", "/api/range/201/"
REFUSED = "text/csv;q=0, application/vnd.ant.fit;q=0.0"


@pytest.mark.rule("T23")
@pytest.mark.parametrize(
    "accept",
    [
        REFUSED,
        f"{REFUSED}, text/csv, application/vnd.ant.fit",
        f"*/*, {REFUSED}",
        "*/*;q=0",
        "text/*;q=0, application/*;q=0",
        "application/json;q=0",
    ],
)
@pytest.mark.parametrize("path", ["/api/data/", "/api/range/201/"])
def test_what_is_refused_is_not_sent(me: Caller, path: str, accept: str) -> None:
    answer = ask(me, "GET", path, headers={"Accept": accept})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")


@pytest.mark.rule("T23")
@pytest.mark.parametrize(
    ("path", "accept", "sent"),
    [
        (DATA, "application/json;q=0, */*", "text/csv"),
        (DATA, "*/*, application/json;Q=0", "text/csv"),
        (DATA, "application/json;q=0.000, text/*", "text/csv"),
        (DATA, "text/csv;q=0, application/*", "application/json"),
        (DATA, "Text/CSV;q=nan", "text/csv"),
        (f"{DATA}&format=TEXT/csv", "*/*", "text/csv"),
        (RANGE, "*/*;q=0, application/gpx+xml", "application/gpx+xml"),
        (RANGE, "application/*;q=0, Application/GPX+XML", "application/gpx+xml"),
        (RANGE, "text/html;q=7, application/GPX+xml;Q=0.1", "application/gpx+xml"),
        ("/api/record/101/", "APPLICATION/GPX+XML", "application/gpx+xml"),
    ],
)
def test_the_case_of_a_media_type_does_not_matter_and_zero_refuses_one(
    me: Caller, path: str, accept: str, sent: str
) -> None:
    answer = ask(me, "GET", path, headers={"Accept": accept})
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"].partition(";")[0] == sent
