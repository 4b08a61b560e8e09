"""Changes by outsiders, with digests of every table before and after."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
from psycopg import sql

from hexostore.postgres import Embedded
from tests.chaos.store import Store
from tests.pressure.outcome import Outcome, sample_evenly
from tests.pressure.planted import find_owned, plant_rows
from tests.pressure.target import OWNER_URI, Caller, Request

CHANGERS = ("stranger", "friend", "runner", "nobody")
BODY = {"name": "taken", "note": "taken", "annotation": "taken", "user": OWNER_URI}
_START = 361_446_243_328
_OTHERS: dict[str, dict[str, object]] = {
    "label": {"name": "theirs"},
    "range": {"name": "theirs", "start": _START, "end": _START + 256},
    "record": {"start": _START, "end": _START + 256},
    "annotation": {"annotation": "x", "start": _START, "datatype": "/api/datatype/4096/"},
    "share": {"object": OWNER_URI},
    "trainingsession": {"start": _START},
    "oauthclient": {"name": "theirs", "status": "apikey"},
}
UNWATCHED = (
    "django_session",
    "credentials_refusal",
    "credentials_ratecounter",
    "api_edition",
    "jobs_",
)
"""Beginnings of names of tables that refused requests, or nobody's, are written to."""


def attack_changes(store: Store, scale: float) -> Outcome:
    """Try every change as each outsider; a table that is another afterwards is a finding."""
    plant_rows(store)
    requests = [each for uri in find_owned(store) for each in spell_changes(uri)]
    requests += list(spell_creations())
    outcome = Outcome()
    before = digest_tables(store)
    for name in CHANGERS:
        caller = Caller(store, name)
        for request in sample_evenly(requests, scale):
            outcome.tried += 1
            answer = caller.send(request)
            if 200 <= answer.status_code < 300 or answer.status_code >= 500:
                outcome.find(f"{name}: {request}: answers {answer.status_code}")
    for table in differing_tables(before, digest_tables(store)):
        outcome.find(f"table {table} is another")
    return outcome


def spell_changes(uri: str) -> Iterator[Request]:
    """Give the ways to change or delete one row."""
    resource, number = uri.split("/")[2:4]
    path = f"/api/{resource}/"
    item = {**BODY, "resource_uri": uri}
    for method in ("PATCH", "PUT", "POST"):
        yield Request(method, uri, body=BODY)
        yield Request(method, uri.replace("/api/", "/api/v1/", 1), body=BODY)
    yield Request("DELETE", uri)
    yield Request("DELETE", f"{path}set/{number};{number}/")
    yield Request("DELETE", f"{path}?id={number}")
    yield Request("PATCH", path, body={"objects": [item]})
    yield Request("PATCH", path, body={"objects": [], "deleted_objects": [uri]})
    for override in ("PATCH", "PUT", "DELETE"):
        yield Request("POST", uri, {"X-HTTP-Method-Override": override}, BODY)


def spell_creations() -> Iterator[Request]:
    """Give the ways to make rows that are the owner's."""
    for resource, body in _OTHERS.items():
        for user in (OWNER_URI, 835, {"resource_uri": OWNER_URI}, {"id": 835}):
            yield Request("POST", f"/api/{resource}/", body={**body, "user": user})


def digest_tables(store: Store) -> dict[str, str]:
    """Return a digest of the rows of each table that refusals do not write to."""
    with Embedded(store.home) as embedded, psycopg.connect(embedded.url) as connection:
        names = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        ).fetchall()
        watched = [name for (name,) in names if not name.startswith(UNWATCHED)]
        return {name: _digest(connection, name) for name in watched}


def _digest(connection: psycopg.Connection[tuple[str, ...]], table: str) -> str:
    asked = sql.SQL("SELECT md5(coalesce(string_agg(t::text, '' ORDER BY t::text), '')) FROM {} t")
    row = connection.execute(asked.format(sql.Identifier(table))).fetchone()
    assert row is not None
    return row[0]


def differing_tables(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Return the names of the tables whose digests differ."""
    return sorted(name for name in before.keys() | after if before.get(name) != after.get(name))
