"""One request, with whatever headers a test wants, and what its answer says."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.test import Client

from tests.people import PASSWORD, Caller

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

PLAIN = "text/html; charset=utf-8"
CANNED = {"error_message": "Sorry, this request could not be processed. Please try again later."}
MISMATCH = "Invalid resource lookup data provided (mismatched type)."
NOTHING = object()


def login(who: Caller) -> dict[str, str]:
    """The Authorization header of a caller; none for somebody without a user."""
    if who.account is None:
        return {}
    pair = f"{who.account.username}:{PASSWORD}".encode()
    return {"Authorization": f"Basic {b64encode(pair).decode()}"}


def ask(
    who: Caller,
    method: str,
    path: str,
    body: object = NOTHING,
    headers: Mapping[str, str] | None = None,
    label: str = "application/json",
) -> Answer:
    """An answer; `path` may have a query, `body` is JSON unless it is bytes already."""
    raw = body if isinstance(body, bytes) else b""
    if body is not NOTHING and not isinstance(body, bytes):
        raw = json.dumps(body).encode()
    return Client().generic(method, path, raw, label, headers={**login(who), **(headers or {})})


def got(who: Caller, path: str, **headers: str) -> Any:
    """The JSON of a GET that succeeds."""
    answer = ask(who, "GET", path, headers=headers)
    assert answer.status_code == 200, answer.content
    return answer.json()


def ids(who: Caller, path: str) -> list[int]:
    """The ids of the objects of a list, in order."""
    return [row["id"] for row in got(who, path)["objects"]]


def error(answer: Answer) -> str:
    """The text of a 400 in the shape of foreseen errors, which has no other member."""
    assert answer.status_code == 400, (answer.status_code, answer.content[:300])
    assert answer["Content-Type"] == "application/json"
    body = answer.json()
    assert list(body) == ["error"]
    return str(body["error"])


def refused(who: Caller, path: str) -> str:
    """The error of a GET that is a bad request."""
    return error(ask(who, "GET", path))


def is_plain(answer: Answer, status: int, text: str = "") -> bool:
    """Whether the answer is a plain one that no client takes for JSON."""
    found = (answer.status_code, answer["Content-Type"], answer.content.decode())
    assert found == (status, PLAIN, text)
    return True


def is_canned(answer: Answer, status: int = 404) -> bool:
    """Whether the answer is the canned error."""
    assert answer.status_code == status, (answer.status_code, answer.content)
    assert answer["Content-Type"] == "application/json"
    assert answer.json() == CANNED
    return True


@contextmanager
def undone() -> Generator[None]:
    """What happens inside leaves no trace in the database, not even a broken transaction."""
    point = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(point)
