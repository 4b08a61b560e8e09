"""Writers: threads that change rows of their own and tell the model what was acknowledged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from random import Random
from threading import Event, Thread
from time import sleep
from typing import Any

import requests

from tests.chaos.model import EXISTS, Birth, Change, Model, row_cells
from tests.chaos.resources import PROFILE, PROFILE_MEMBERS, RESOURCES, Resource
from tests.chaos.traffic import UNSENT, Answer, Fate, Traffic, send

ROWS = 12  # of a resource that a writer keeps; it deletes when it has more
LIST = 5  # rows that a PATCH of a list names
PAUSE = 0.02  # seconds between operations, for other work of the machine
BREATH = 0.2  # seconds after a request that failed, lest all rows be in doubt soon


class Writer(Thread):
    """One writer; nobody else changes its rows, but it may send two requests at once."""

    def __init__(self, number: int, seed: int, base: str, model: Model, traffic: Traffic) -> None:
        super().__init__(name=f"writer-{number}", daemon=True)
        self.number, self.base = number, base
        self.model, self.traffic = model, traffic
        self.random = Random(f"{seed}/{number}")  # noqa: S311 - a plan, no secret
        self.ended = Event()
        self._words = 0
        self._mine: dict[str, list[str]] = {resource.name: [] for resource in RESOURCES}
        self._sessions = requests.Session(), requests.Session()

    def run(self) -> None:
        """Do one operation after the other until `ended` is set."""
        with ThreadPoolExecutor(2) as pair:
            while not self.ended.is_set():
                with self.traffic.operation():
                    self._operate(pair)
                sleep(PAUSE)

    def _operate(self, pair: ThreadPoolExecutor) -> None:
        resource = self.random.choice(RESOURCES)
        uris = self._settled(resource)
        if len(uris) < 2:
            self.create(resource)
            return
        uri = self.random.choice(uris)
        actions: list[Callable[[], None]] = [
            partial(self.create, resource),
            partial(self.patch_member, uri, resource.mark),
            partial(self.replace, resource, uri),
            partial(self.patch_two_members, pair, uri, resource.texts),
            partial(self.patch_list, resource, uris),
            partial(self.patch_profile, pair),
        ]
        if len(uris) > ROWS:
            actions += 4 * [
                partial(self.delete, uri),
                partial(self.patch_and_delete, pair, uri, resource.mark),
            ]
        self.random.choice(actions)()

    def _settled(self, resource: Resource) -> list[str]:
        """Return the URIs of own rows that are there and not in doubt."""
        there = self.model.rows(resource.name)
        mine = [uri for uri in self._mine[resource.name] if uri in there]
        self._mine[resource.name] = mine
        return [uri for uri in mine if not self.model.in_doubt(uri)]

    def _word(self) -> str:
        self._words += 1
        return f"w{self.number}-{self._words}"

    def create(self, resource: Resource) -> None:
        """POST a row with new words."""
        members = {**{name: self._word() for name in resource.texts}, **resource.fixed}
        answer = self._send("POST", f"/api/{resource.name}/", members)
        if answer.fate is Fate.DONE:
            uri = answer.body["resource_uri"]
            self.model.acknowledge(self.model.change(row_cells(uri, members)))
            self._mine[resource.name].append(uri)
        elif answer.fate is Fate.UNKNOWN:
            self.model.expect(Birth(resource.name, resource.mark, members))

    def patch_member(self, uri: str, member: str, session: int = 0) -> None:
        """PATCH one text member of a row, which may be deleted at the same time."""
        word = self._word()
        change = self.model.change({(uri, member): word})
        self._tell(change, self._send("PATCH", uri, {member: word}, (404,), session))

    def replace(self, resource: Resource, uri: str) -> None:
        """PUT a row."""
        members = {**{name: self._word() for name in resource.texts}, **resource.fixed}
        change = self.model.change({(uri, name): value for name, value in members.items()})
        self._tell(change, self._send("PUT", uri, members))

    def delete(self, uri: str, session: int = 0) -> None:
        """DELETE a row."""
        change = self.model.change({(uri, EXISTS): False})
        self._tell(change, self._send("DELETE", uri, session=session))

    def patch_list(self, resource: Resource, uris: list[str]) -> None:
        """PATCH the mark of several rows in one request: of all or of none."""
        if not resource.lists:
            return
        words = {uri: self._word() for uri in self.random.sample(uris, min(LIST, len(uris)))}
        change = self.model.change({(uri, resource.mark): words[uri] for uri in words})
        objects = [{"resource_uri": uri, resource.mark: word} for uri, word in words.items()]
        self._tell(change, self._send("PATCH", f"/api/{resource.name}/", {"objects": objects}))

    def patch_two_members(self, pair: ThreadPoolExecutor, uri: str, names: tuple[str, ...]) -> None:
        """PATCH two members of one row at once, if it has two."""
        sent = [
            pair.submit(self.patch_member, uri, name, session) for session, name in enumerate(names)
        ]
        for each in sent:
            each.result()

    def patch_and_delete(self, pair: ThreadPoolExecutor, uri: str, member: str) -> None:
        """PATCH a row while it is deleted: it must not come back."""
        sent = pair.submit(self.patch_member, uri, member, 0), pair.submit(self.delete, uri, 1)
        for each in sent:
            each.result()

    def patch_profile(self, pair: ThreadPoolExecutor) -> None:
        """PATCH two members of the profile at once; the first writer only, for there is one."""
        if self.number != 0 or self.model.in_doubt(PROFILE):
            return
        values: tuple[Any, Any] = {"word": self._word()}, [{"words": self._words}]
        pairs = zip(PROFILE_MEMBERS, values, (0, 1), strict=True)
        sent = [pair.submit(self._patch_value, *each) for each in pairs]
        for each in sent:
            each.result()

    def _patch_value(self, member: str, value: Any, session: int) -> None:
        change = self.model.change({(PROFILE, member): value})
        self._tell(change, self._send("PATCH", PROFILE, {member: value}, session=session))

    def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        expected: tuple[int, ...] = (),
        session: int = 0,
    ) -> Answer:
        answer = send(self._sessions[session], method, self.base + path, body)
        self.traffic.note(answer, f"{method} {path} {body}", expected)
        if answer.fate is Fate.UNKNOWN or answer.status == UNSENT:
            sleep(BREATH)
        return answer

    def _tell(self, change: Change, answer: Answer) -> None:
        if answer.fate is Fate.DONE:
            self.model.acknowledge(change)
        elif answer.fate is Fate.UNKNOWN:
            self.model.doubt(change)
