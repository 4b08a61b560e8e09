"""The journal as HAR 1.2 and as curl commands."""

from __future__ import annotations

import json
import shlex
from typing import Any

import jsonschema
import pytest
from django.test import Client

from tests.control.requests.asking import newest
from tests.people import Caller, owner

__all__ = ["owner"]

TEXT, NUMBER = {"type": "string"}, {"type": "number"}
PAIRS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["name", "value"],
        "properties": {"name": TEXT, "value": TEXT},
        "additionalProperties": False,
    },
}
REQUEST = {
    "method": TEXT,
    "url": {"type": "string", "format": "uri"},
    "httpVersion": TEXT,
    "cookies": {"type": "array"},
    "headers": PAIRS,
    "queryString": PAIRS,
    "headersSize": NUMBER,
    "bodySize": NUMBER,
}
POST_DATA = {
    "type": "object",
    "required": ["mimeType"],
    "properties": {"mimeType": TEXT, "text": TEXT, "params": PAIRS, "comment": TEXT},
    "additionalProperties": False,
    "not": {"required": ["text", "params"]},
}
RESPONSE = {
    "status": {"type": "integer"},
    "statusText": TEXT,
    "httpVersion": TEXT,
    "cookies": {"type": "array"},
    "headers": PAIRS,
    "content": {
        "type": "object",
        "required": ["size", "mimeType"],
        "properties": {"size": {"type": "integer"}, "mimeType": TEXT},
    },
    "redirectURL": TEXT,
    "headersSize": NUMBER,
    "bodySize": NUMBER,
}
TIMINGS = {"send": NUMBER, "wait": NUMBER, "receive": NUMBER}


def of(members: dict[str, Any], **optional: Any) -> dict[str, Any]:
    """A schema of objects with those members, and perhaps those."""
    return {
        "type": "object",
        "required": list(members),
        "properties": members | optional,
        "additionalProperties": False,
    }


ENTRY = of(
    {
        "startedDateTime": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT[\d:.]+[+-]\d\d:\d\d$"},
        "time": NUMBER,
        "request": of(REQUEST, postData=POST_DATA),
        "response": of(RESPONSE),
        "cache": {"type": "object"},
        "timings": of(TIMINGS),
    },
    comment=TEXT,
)
HAR = of(
    {
        "log": of(
            {
                "version": {"const": "1.2"},
                "creator": of({"name": TEXT, "version": TEXT}),
                "entries": {"type": "array", "items": ENTRY},
            }
        )
    }
)
"""What HAR 1.2 requires (http://www.softwareishard.com/blog/har-12-spec/)."""


@pytest.fixture
def sent(controlled: None, owner: Caller) -> Caller:
    """Requests with and without bodies, and one that is refused."""
    form = "application/x-www-form-urlencoded"
    owner.get("/api/account/", {"a": "it's", "b": ""})
    owner.post("/api/label/", {"name": "it's", "password": "hunter2"})
    owner.send("POST", "/api/label/", "name=a%20b&token=hunter2", form)
    owner.send("POST", "/api/label/", b"\x00\xff", "application/octet-stream")
    Client().head("/api/account/")
    Client().get("/api/account/")
    return owner


def exported(format: str, **query: Any) -> str:  # noqa: A002
    answer = Client().get("/_sandbox/requests", {"format": format, "order": "oldest", **query})
    assert answer.status_code == 200
    return answer.content.decode()


def test_har(sent: Caller) -> None:
    har = json.loads(exported("har"))
    jsonschema.validate(har, HAR)
    account, label, form, binary, _, refused = har["log"]["entries"]
    query = [{"name": "a", "value": "it's"}, {"name": "b", "value": ""}]
    assert account["request"]["queryString"] == query
    assert json.loads(label["request"]["postData"]["text"])["name"] == "it's"
    assert form["request"]["postData"]["params"][0] == {"name": "name", "value": "a b"}
    assert binary["request"]["postData"]["comment"] == "base64"
    assert refused["comment"] == "no_credentials"
    assert refused["response"]["statusText"] == "Unauthorized"
    assert "hunter2" not in json.dumps(har)
    jsonschema.validate(Client().get(f"/_sandbox/requests/{newest()['id']}?format=har").json(), HAR)


def test_curl(sent: Caller) -> None:
    commands = exported("curl").splitlines()
    account, label, form, _, head, _ = map(shlex.split, commands)
    assert account[:4] == ["curl", "-X", "GET", "http://testserver/api/account/?a=it%27s&b="]
    assert account[account.index("-u") + 1] == "owner@example.com"
    assert json.loads(label[-1]) == {"name": "it's", "password": "..."}
    assert "Content-Type: application/json" in label
    assert form[-2:] == ["--data-raw", "name=a%20b&token=..."]
    assert head[:2] == ["curl", "--head"]
    assert "hunter2" not in "".join(commands)
    one = Client().get(f"/_sandbox/requests/{newest()['id']}?format=curl").content.decode()
    assert one.splitlines() == [commands[-1]]
