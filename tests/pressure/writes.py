"""Pairs of changes at the same time, on every resource, and how many of them were lost.

    .venv/bin/python -m tests.pressure.writes http://127.0.0.1:8000 --pairs 1000

The server must be a sandbox with the demo world. Each pair changes two members of one object by
two requests at once; then the object is read, and each change that was acknowledged and is not
there counts as lost. Objects that it makes are deleted in the end. The exit status is 1 if any
change was lost or any answer was a 5xx.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier, local
from typing import Any

import requests

LOGIN = "staff@example.com", "staff"
START = 359_840_256_000


@dataclass(frozen=True)
class Subject:
    """A resource, the object to change (made from a body, or there already), and two members with
    values to choose from."""

    resource: str
    members: dict[str, list[Any]]
    made_of: dict[str, Any] | None = None


def texts(letter: str) -> list[str]:
    """Values that follow each other without repeating for a while."""
    return [f"{letter}{number}" for number in range(97)]


def subjects(me: str) -> list[Subject]:
    """What is changed: every resource of which a client may change two members."""
    period = {"user": me, "start": START, "end": START + 256}
    two = {"name": texts("a"), "note": texts("b")}
    described = {"name": texts("a"), "description": texts("b")}
    return [
        Subject("range", two, period),
        Subject("record", {"dev_id": texts("a"), "soft_uid": texts("b")}, period),
        Subject(
            "annotation",
            {"annotation": texts("a"), "start": list(range(START, START + 97))},
            {"user": me, "start": START, "datatype": "/api/datatype/19/"},
        ),
        Subject("activitytype", described, {"user": me, "name": "x", "base": "low"}),
        Subject(
            "activityattribute",
            {"name": texts("a"), "attrtype": texts("b")},
            {"user": me, "name": "x"},
        ),
        Subject("trainingroutine", described, {"user": me, "name": "x", "steps": []}),
        Subject("user", {"first_name": texts("a"), "last_name": texts("b")}),
        Subject("profile", {"height": [1.5, 1.6, 1.7], "gender": ["M", "F", ""]}),
    ]


class Store:
    """The server, asked by any number of threads, each with a connection of its own."""

    def __init__(self, base: str) -> None:
        self.base, self._own = base, local()
        self.statuses: Counter[int] = Counter()

    def ask(self, method: str, path: str, body: Any = None) -> requests.Response:
        """The answer to a request with the login of staff."""
        if not hasattr(self._own, "session"):
            self._own.session = requests.Session()
            self._own.session.auth = LOGIN
        answer: requests.Response = self._own.session.request(method, self.base + path, json=body)
        self.statuses[answer.status_code] += 1
        return answer


def main() -> int:
    """Prints a line for each resource; 1 if anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("base", help="where the server is, such as http://127.0.0.1:8000")
    parser.add_argument("--pairs", type=int, default=1000, help="pairs for each resource")
    asked = parser.parse_args()
    store = Store(asked.base.rstrip("/"))
    account = store.ask("GET", "/api/account/").json()["objects"][0]
    lost = sum(
        press(store, subject, asked.pairs, account) for subject in subjects(account["resource_uri"])
    )
    failed = sum(count for status, count in store.statuses.items() if status >= 500)
    sys.stdout.write(f"lost in all: {lost}; answers of 5xx: {failed}\n")
    return 1 if lost or failed else 0


def press(store: Store, subject: Subject, pairs: int, account: dict[str, Any]) -> int:
    """How many changes of one resource were lost."""
    path = place(store, subject, account)
    lost = sum(meet(store, path, bodies) for bodies in itertools.islice(changes(subject), pairs))
    if subject.made_of is not None:
        store.ask("DELETE", path)
    sys.stdout.write(f"{subject.resource:<20} {pairs} pairs, {lost} lost\n")
    return lost


def place(store: Store, subject: Subject, account: dict[str, Any]) -> str:
    """The path of the object that is changed."""
    if subject.made_of is not None:
        made = store.ask("POST", f"/api/{subject.resource}/", subject.made_of)
        assert made.status_code == 201, made.text
        return str(made.json()["resource_uri"])
    user = account["resource_uri"]
    if subject.resource == "user":
        return str(user)
    (profile,) = store.ask("GET", f"/api/profile/?user={account['id']}").json()["objects"]
    return str(profile["resource_uri"])


def changes(subject: Subject) -> Iterator[list[dict[str, Any]]]:
    """Pairs of bodies, one after the other."""
    turns = [itertools.cycle(values) for values in subject.members.values()]
    while True:
        yield [{name: next(turn)} for name, turn in zip(subject.members, turns, strict=True)]


def meet(store: Store, path: str, bodies: list[dict[str, Any]]) -> int:
    """Sends both at once; how many acknowledged changes are not there afterwards."""
    gate = Barrier(len(bodies))

    def send(body: dict[str, Any]) -> bool:
        gate.wait()
        return store.ask("PATCH", path, body).status_code == 202

    taken = list(POOL.map(send, bodies))
    found = store.ask("GET", path).json()
    sent = [body for body, was_taken in zip(bodies, taken, strict=True) if was_taken]
    return sum(found[name] != value for body in sent for name, value in body.items())


POOL = ThreadPoolExecutor(2)

if __name__ == "__main__":
    sys.exit(main())
