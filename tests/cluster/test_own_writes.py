"""Nobody reads a store without what they wrote, however far its replicas lag."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cluster.conftest import Served
from tests.cluster.load import WRITERS, Client, Seen
from tests.cluster.nodes import Cluster
from tests.live import Live

LOGINS = sorted(WRITERS)[:3]
WRITES = "create", "change", "delete"
READS = "look", "list"

STEPS = st.one_of(
    st.tuples(st.sampled_from(LOGINS), st.sampled_from(WRITES + READS + READS)),
    st.tuples(st.sampled_from(("pause", "resume")), st.sampled_from((0, 1))),
)


class Person:
    """Somebody with labels, who knows what each is called."""

    def __init__(self, live: Live, login: str) -> None:
        self.client = Client(live.base, login, Seen())
        self.user = WRITERS[login]
        self.labels: dict[str, str | None] = {}

    def do(self, what: str, number: int) -> None:
        living = [uri for uri, name in self.labels.items() if name is not None]
        if what == "create" or not living:
            body = {"name": f"new {number}", "user": f"/api/user/{self.user}/"}
            self.labels[self._send("POST", "/api/label/", 201, body)["resource_uri"]] = body["name"]
        elif what == "change":
            self._send("PATCH", living[-1], 202, {"name": f"changed {number}"})
            self.labels[living[-1]] = f"changed {number}"
        elif what == "delete":
            self._send("DELETE", living[-1], 204)
            self.labels[living[-1]] = None
        elif what == "look":
            self._look()
        else:
            self._list()

    def _look(self) -> None:
        for uri, name in self.labels.items():
            found = self._send("GET", uri, 404 if name is None else 200)
            assert found.get("name") == name

    def _list(self) -> None:
        page = self._send("GET", "/api/label/?limit=1000", 200)
        found = {each["resource_uri"]: each["name"] for each in page["objects"]}
        assert {uri: found.get(uri) for uri in self.labels} == self.labels

    def leave(self) -> None:
        for uri, name in self.labels.items():
            if name is not None:
                self._send("DELETE", uri, 204)

    def _send(self, method: str, path: str, wanted: int, body: object = None) -> Any:
        status, content = self.client.send(method, path, body)
        assert status == wanted, (method, path, status, content)
        return json.loads(content) if content.startswith(b"{") else {}


def pause(cluster: Cluster, what: str, number: int) -> None:
    cluster.replicas[number].pause(paused=what == "pause")


def test_reads_include_what_their_caller_wrote(served: Served) -> None:
    cluster, live = served
    before = cluster.transactions_of_replicas()

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(STEPS, min_size=5, max_size=25))
    def live_through(steps: list[tuple[Any, Any]]) -> None:
        people = {login: Person(live, login) for login in LOGINS}
        try:
            for number, (who, what) in enumerate(steps):
                if who in people:
                    people[who].do(what, number)
                else:
                    pause(cluster, who, what)
        finally:
            for number in (0, 1):
                pause(cluster, "resume", number)
            for person in people.values():
                person.leave()

    live_through()
    assert cluster.transactions_of_replicas() > before
