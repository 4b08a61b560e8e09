"""The schema documents of the data endpoints, held against the published one of 3.3.x."""

from __future__ import annotations

from typing import Any

import pytest

from apps.accounts.models import User
from apps.signals import endpoints
from tests.signals.conftest import client_of

KEY = ["exact", "in", "gt", "gte", "lt", "lte", "range"]
EXACT = ["exact"]
FILTERING = {
    "datatype": KEY,
    "end": EXACT,
    "flat": EXACT,
    "id": KEY,
    "max_values": EXACT,
    "no_timestamps": EXACT,
    "range": KEY,
    "record": KEY,
    "seconds": EXACT,
    "start": EXACT,
    "timestamp": ["range", "gt", "gte", "lt", "lte"],
    "user": EXACT,
}
PLAIN = {
    "blank": False,
    "default": "No default provided.",
    "nullable": False,
    "readonly": False,
    "unique": False,
}
INTEGER = PLAIN | {"type": "integer"}
RELATED = PLAIN | {"type": "related", "related_type": "to_one"}
INTEGERS = ("end", "flat", "max_values", "no_timestamps", "seconds", "start", "timestamp")
FIELDS = dict.fromkeys(INTEGERS, INTEGER) | {
    "datatype": RELATED | {"blank": True},
    "range": RELATED,
    "record": RELATED | {"blank": True, "nullable": True},
    "user": RELATED,
}
DOCUMENT = {
    "allowed_detail_http_methods": [],
    "allowed_list_http_methods": ["get"],
    "default_format": "application/json",
    "default_limit": 20,
    "fields": FIELDS,
    "filtering": FILTERING,
}
LATER = {
    "energyadjusted", "hrv", "hrvlfnorm", "hrvlfratio", "qrsstatus", "rrinterval",
    "rrintervalstatus", "sdann", "spo2status",
}  # fmt: skip
OLD = {"X-HexoAPIVersion": "3.3.x"}


def schema(user: User, name: str, headers: dict[str, str]) -> Any:
    response = client_of(user).get(f"/api/{name}/schema/", headers=headers)
    assert response.status_code == 200
    document = response.json()
    for field in document["fields"].values():
        assert field.pop("help_text")
    return document


@pytest.mark.parametrize("name", ["data", *sorted(set(endpoints.DATATYPES) - LATER)])
def test_published_schema(athlete: User, name: str) -> None:
    assert schema(athlete, name, OLD) == DOCUMENT


@pytest.mark.parametrize("name", ["data", *endpoints.DATATYPES])
def test_newest_schema(athlete: User, name: str) -> None:
    document = schema(athlete, name, {})
    assert document["filtering"] == FILTERING
    assert document["fields"].keys() == FIELDS.keys()


@pytest.mark.parametrize("name", sorted(LATER))
def test_what_came_later(athlete: User, name: str) -> None:
    for path in (f"/api/{name}/", f"/api/{name}/schema/"):
        assert client_of(athlete).get(path, headers=OLD).status_code == 404
        assert client_of(athlete).get(path).status_code == 200


@pytest.mark.parametrize("name", ["data", *endpoints.DATATYPES])
def test_only_get_is_allowed(athlete: User, name: str) -> None:
    for method in ("post", "put", "patch", "delete"):
        response = getattr(client_of(athlete), method)(f"/api/{name}/")
        assert (response.status_code, response["Allow"]) == (405, "GET")
    assert client_of(athlete).get(f"/api/{name}/1/").status_code == 405
