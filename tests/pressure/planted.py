"""Rows of the owner's that nobody else may see, with a word in each that must not turn up."""

from __future__ import annotations

import requests

from tests.chaos.store import Store
from tests.pressure.target import OWNER, OWNER_URI, Caller, Request, list_resources

WORD = "zqxplantedzqx"
_START = 361_446_243_328
_PERIOD = {"start": _START, "end": _START + 15_360, "user": OWNER_URI}
_ROWS = (
    ("label", {"name": f"{WORD} label", "user": OWNER_URI}),
    ("range", {"name": f"{WORD} range", "note": WORD, **_PERIOD}),
    ("record", {"dev_id": WORD[:8], "soft_uid": WORD, **_PERIOD}),
    (
        "annotation",
        {
            "annotation": f"{WORD} annotation",
            "start": _START,
            "datatype": "/api/datatype/4096/",
            "user": OWNER_URI,
        },
    ),
)


def plant_rows(store: Store) -> None:
    """Make the rows; raise HTTPError if the store takes one of them not."""
    owner = Caller(store, OWNER)
    for resource, body in _ROWS:
        owner.send(Request("POST", f"/api/{resource}/", body=body)).raise_for_status()
    profile = owner.get(f"/api/profile/?user={OWNER_URI.split('/')[-2]}")["objects"][0]
    preferences = Request("PATCH", profile["resource_uri"], body={"preferences": {"a": WORD}})
    owner.send(preferences).raise_for_status()


def find_owned(store: Store) -> list[str]:
    """Return the URIs of all rows in the owner's lists that say that they are the owner's."""
    owner, found = Caller(store, OWNER), []
    for resource in list_resources(store):
        answer = owner.send(Request("GET", f"/api/{resource}/?limit=200"))
        if answer.status_code == requests.codes.ok:
            found += _owned_rows(answer)
    return found


def _owned_rows(answer: requests.Response) -> list[str]:
    try:
        body = answer.json()
    except requests.JSONDecodeError:
        return []
    rows = body.get("objects", []) if isinstance(body, dict) else []
    return [row["resource_uri"] for row in rows if "resource_uri" in row and _is_owned(row)]


def _is_owned(row: dict[str, object]) -> bool:
    user = row.get("user")
    uri = user.get("resource_uri") if isinstance(user, dict) else user
    return uri == OWNER_URI or row["resource_uri"] == OWNER_URI
