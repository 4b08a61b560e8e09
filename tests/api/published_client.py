"""What the published client does with a server, in code of our own: it fails where that fails.

The sequence, the checks and the weak spots are those of wire 1.1 to 1.6. It is no
client to use: it asks Django's test client, and it keeps the original's assumptions unguarded.
"""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.test import Client

from hexostore import clock

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

SKIPPED = {"import", "studymember", "studymember/(user_id)/study/(study_id)"}
PAGING = {"limit", "next", "previous"}
BASE = "http://testserver"


class HttpError(Exception):
    """An answer of 400 or more, with what the body says where it is JSON."""

    def __init__(self, status: int, told: Any) -> None:
        super().__init__(status, told)
        self.status, self.told = status, told


@dataclass
class Rows:
    """One page of a list; `next()` follows the link, which is taken to be a path."""

    api: Published
    name: str
    meta: dict[str, Any]
    objects: list[Instance]

    def following(self) -> Rows:
        """The next page."""
        link: str = self.meta["next"]
        if not link.startswith("/"):
            raise ValueError(link)
        found = self.api.read(link, self.name)
        assert isinstance(found, Rows)
        return found


@dataclass
class Instance:
    """An object of a resource; links to one row become instances that load when touched."""

    api: Published
    of: str
    members: dict[str, Any] = field(repr=False)
    loaded: bool = True

    def __getattr__(self, name: str) -> Any:
        if name not in self.members and not self.loaded:
            found = self.api.read(self.members["resource_uri"], self.of)
            if not isinstance(found, Instance):
                raise TypeError(found)
            self.members.update(found.members)
            self.loaded = True
        return self.members[name]

    def sent(self) -> dict[str, Any]:
        """All members as a PUT sends them: links become URIs only under a resource's name."""
        return {
            name: value.members["resource_uri"]
            if isinstance(value, Instance) and name in self.api.schemas
            else value
            for name, value in self.members.items()
        }


class Published:
    """A session: logs in with Basic and a signed key, reads all schemas, then knows resources."""

    def __init__(self, user: str, password: str, key: str, secret: str, version: str = "") -> None:
        self.pair, self.key, self.secret = f"{user}:{password}", key, secret
        self.version = version
        self.schemas: dict[str, dict[str, Any]] = {}
        for name, entry in self._json("GET", "/api/").items():
            if name in SKIPPED:
                continue
            try:
                schema = self._json("GET", entry["schema"])
            except HttpError as error:
                if error.status not in {401, 404}:
                    raise
                continue
            self.schemas[name] = {**schema, "list_endpoint": entry["list_endpoint"], "name": name}

    def list(self, name: str, query: str = "") -> Rows:
        """A list of a resource whose schema allows GET."""
        self._allowed(name, "list", "get")
        found = self.read(self.schemas[name]["list_endpoint"] + (query and f"?{query}"), name)
        if not isinstance(found, Rows):
            raise TypeError(found)
        return found

    def data(self, query: str) -> Any:
        """Signals: for each user a mapping of the datatype's number to pairs."""
        found = self.read(f"/api/data/?{query}", "data")
        return [
            {int(key): values for key, values in entry["data"].items()} | {"user": entry["user"]}
            for entry in found
        ]

    def create(self, name: str, members: dict[str, Any]) -> Instance:
        """POST; the answer has to be the new object."""
        self._allowed(name, "list", "post")
        found = self._json("POST", self.schemas[name]["list_endpoint"], members)
        if not isinstance(found, dict):
            raise TypeError(found)
        return self._instance(name, found)

    def update(self, row: Instance) -> None:
        """PUT of the whole object; the answer becomes the object."""
        self._allowed(row.of, "detail", "put")
        found = self._json("PUT", row.members["resource_uri"], row.sent())
        row.members = self._instance(row.of, found).members

    def delete(self, row: Instance) -> None:
        """DELETE; any 2xx will do, but it has to have a Content-Type that is not JSON."""
        self._allowed(row.of, "detail", "delete")
        self._json("DELETE", row.members["resource_uri"])

    def read(self, path: str, name: str) -> Any:
        """What a GET gives: data, a page of a list, or one object."""
        found = self._json("GET", path)
        if isinstance(found, list | str):
            return found
        if set(found.get("meta") or ()) > PAGING:
            rows = [self._instance(name, row) for row in found["objects"]]
            return Rows(self, name, found["meta"], rows)
        return self._instance(name, found)

    def _instance(self, name: str, members: dict[str, Any]) -> Instance:
        linked = dict(members)
        for field_name, declared in self.schemas[name]["fields"].items():
            if declared.get("related_type") == "to_one" and members.get(field_name) is not None:
                linked[field_name] = self._link(members[field_name])
        return Instance(self, name, linked)

    def _link(self, value: Any) -> Any:
        """An instance for a link whose URI begins like a list known here; else the text."""
        uri = value["resource_uri"] if isinstance(value, dict) else value
        re.search(r"\d+/$", uri).group()  # type: ignore[union-attr]  # as unguarded as there
        for name, schema in self.schemas.items():
            if uri.startswith(schema["list_endpoint"]):
                if isinstance(value, dict):
                    return self._instance(name, value)
                return Instance(self, name, {"resource_uri": uri}, loaded=False)
        return uri

    def _allowed(self, name: str, view: str, verb: str) -> None:
        if verb not in self.schemas[name][f"allowed_{view}_http_methods"]:
            raise PermissionError(f"{verb} {name}")

    def _json(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._send(method, path, "" if body is None else json.dumps(body))
        is_json = answer.headers["Content-Type"].split(";")[0] == "application/json"
        told = json.loads(answer.content) if is_json else answer.content
        if answer.status_code >= 400:
            raise HttpError(answer.status_code, told)
        return told

    def _send(self, method: str, path: str, body: str) -> Answer:
        timestamp = str(int(clock.now().timestamp()))
        signed = f"{self.secret}{timestamp}{BASE}{path}".encode()
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "Authorization": f"Basic {b64encode(self.pair.encode()).decode()}",
            "X-HEXOTIMESTAMP": timestamp,
            "X-HEXOAPIKEY": self.key,
            "X-HEXOAPISIGNATURE": hashlib.sha1(signed, usedforsecurity=False).hexdigest(),
        }
        if self.version:
            headers["X-HexoAPIVersion"] = self.version
        sent: dict[str, Any] = {"RAW_URI": path}
        return Client(**sent).generic(method, path, body, headers=headers)
