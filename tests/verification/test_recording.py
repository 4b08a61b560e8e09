"""A seed of what a server shows: loaded into another store, the lists are the same but for what is
personal."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from apps.accounts.models import User
from apps.records.models import Record
from apps.sandbox import seeds, store
from apps.sandbox.models import Store
from apps.sandbox.recording import NOT_KEPT, RECORDED, RecordedSeed, record_seed
from apps.sandbox.scrubbing import SCRUBBED, Scrubbing
from apps.sandbox.seed_rows import State
from apps.verification.client import AskingLimits, ReadingClient
from apps.verification.examined import ExaminedServer
from apps.verification.logins import PasswordLogin
from apps.verification.places import parse_place
from tests.live import Live
from tests.people import PASSWORD, Caller

Row = dict[str, Any]

_URI = re.compile(r"/api/([a-z_]+)/[^/]+/")
OWN_KEYS = {"id", "deviceid", "serial", "resource_uri", "algo", "activityattributes"}
"""What is another one in another store, or follows from what no server shows."""

NOT_COMPARED = SCRUBBED | OWN_KEYS | {name for _, name in NOT_KEPT}


WITH_SHARED = {"metric", "activityattribute", "activitytype", "trainingroutine"}
"""Resources whose rows everybody has, so that their texts stay."""


def examined(live: Live, **limits: Any) -> ExaminedServer:
    client = ReadingClient(parse_place(live.base), AskingLimits(**limits))
    return ExaminedServer(client, PasswordLogin("athlete@example.com", "athlete"))


@pytest.fixture(scope="module")
def server(live: Live) -> Iterator[ExaminedServer]:
    found = examined(live)
    yield found
    found.client.close()


@pytest.fixture(scope="module")
def recorded(server: ExaminedServer) -> RecordedSeed:
    return record_seed(server)


@pytest.fixture
def loaded(recorded: RecordedSeed, db: None) -> Caller:
    """The athlete in the other store, which had no rows."""
    seeds.load(recorded.seed)
    user = Record.objects.exclude(user=None).values_list("user", flat=True)[0]
    found = User.objects.get(pk=user)
    found.set_password(PASSWORD)
    found.save()
    return Caller(found)


def told(row: Row) -> str:
    """A row without what is personal, with the names of resources in place of URIs."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: plain(each) for name, each in value.items() if name not in NOT_COMPARED}
        if isinstance(value, list):
            return [plain(each) for each in value]
        found = _URI.fullmatch(value) if isinstance(value, str) else None
        return found[1] if found else value

    return json.dumps(plain(row), sort_keys=True)


def there(server: ExaminedServer, name: str) -> list[Row]:
    return server.get(f"/api/{name}/?limit=1000").objects


def here(caller: Caller, name: str) -> list[Row]:
    found: list[Row] = caller.get(f"/api/{name}/?limit=1000").json()["objects"]
    return found


def test_the_lists_are_the_same(server: ExaminedServer, loaded: Caller) -> None:
    names = [name for name in RECORDED if name not in {"team", "trainingsession"}]
    for name in set(names) - {"bundle_permission"}:
        before, after = there(server, name), here(loaded, name)
        assert before, name
        assert Counter(map(told, after)) == Counter(map(told, before)), name


def test_links_lead_to_the_same_rows(server: ExaminedServer, loaded: Caller) -> None:
    """A record to its device, a range to its labels, and both to their user."""

    def links(rows: Callable[[str], list[Row]]) -> tuple[Counter[Any], ...]:
        devices = {row["resource_uri"]: row["created"] for row in rows("device")}
        labels = [row["resource_uri"] for row in rows("label")]
        owned = Counter(row["user"] for row in rows("range"))
        return (
            Counter((row["start"], devices.get(row["device"])) for row in rows("record")),
            Counter(
                (row["start"], tuple(labels.index(each) for each in row["labels"]))
                for row in rows("range")
            ),
            Counter(owned.values()),
        )

    before = links(lambda name: there(server, name))
    assert links(lambda name: here(loaded, name)) == before
    assert sum(len(labels) for _, labels in before[1]) > 0


def test_nothing_personal_is_left(server: ExaminedServer, recorded: RecordedSeed) -> None:
    of_people = {name: rows for name, rows in recorded.seed.items() if name not in WITH_SHARED}
    text = json.dumps(of_people, ensure_ascii=False)
    personal = {
        str(row[field])
        for name in ("user", "profile", "device", "label", "record", "range", "annotation", "track")
        for row in there(server, name)
        for field in SCRUBBED & row.keys()
        if row[field] not in (None, "", "M", "F") and not isinstance(row[field], dict)
    }
    assert len(personal) > 30
    assert {each for each in personal if f'"{each}"' in text} == set()
    keys = {row["deviceid"] for row in there(server, "device")}
    assert not {key for key in keys if key in text and int(key[-8:]) > len(keys)}
    assert "/api/user/1511/" not in text


def test_a_store_with_the_catalogues_takes_it_too(recorded: RecordedSeed, db: None) -> None:
    """Its catalogues are not changed."""
    seeds.load(store.read_catalogue(Store.Seed.CATALOGUE))
    states = seeds.load(recorded.seed).states
    changed = {name for name, counts in states.items() if set(counts) != {State.SAME}}
    assert changed.isdisjoint({"unit", "datatype", "metric", "activitytype", "bundle"})
    assert {"user", "record", "range"} <= changed


def test_users_can_log_in_with_the_password_of_the_seed(recorded: RecordedSeed, db: None) -> None:
    seeds.load(recorded.seed)
    passwords = {row["password"] for row in recorded.seed["user"].values()}
    assert len(passwords) == 1
    assert all(each.check_password(*passwords) for each in User.objects.all())


def test_more_fields_are_replaced_if_asked(server: ExaminedServer) -> None:
    found = record_seed(server, frozenset({"firmware_rev"})).seed["record"]
    values = {row["firmware_rev"] for row in found.values()}
    assert values
    assert all(re.fullmatch(r"record firmware_rev \d+", each) for each in values)


def test_what_is_left_out_is_told(recorded: RecordedSeed) -> None:
    text = "\n".join(recorded.left_out)
    assert "rows of team: a row needs owner" in text
    assert all(name in recorded.left_out[-1].split() for name in ("data,", "trackpoint,"))


def test_a_limit_of_requests_is_told(live: Live) -> None:
    server = examined(live, requests=3)
    found = record_seed(server)
    server.client.close()
    assert found.count > 0
    assert "limit of 3 requests" in "\n".join(found.left_out)


def test_replacements_are_the_same_everywhere() -> None:
    scrubbing = Scrubbing(frozenset({"height"}))
    first = scrubbing.replace("user", "email", "mia@example.org")
    assert scrubbing.replace("user", "username", "mia@example.org") == first
    assert scrubbing.replace("user", "email", "ben@example.org") != first
    assert scrubbing.replace("profile", "date_of_birth", "1990-02-03") == "1970-01-01"
    assert scrubbing.replace("profile", "height", 1.7) == 1.0
    assert scrubbing.replace("range", "steps", [{"note": "x", "n": 3, "text": ["y"]}]) == [
        {"note": "range note 1", "n": 3, "text": []}
    ]
    assert scrubbing.replace("range", "note", "") == ""
