"""What lists, data and writes cost in a store that grows: a thousand rows in every table, a hundred
thousand, a million.

Ten resources are asked for. The public documents give addresses or lists of most of them, programs
that synchronize ask for the others, and a store has more of them with every recording; data types
are the resource that the documents name most, and do not grow, so that their ratios tell how quiet
the machine was. Staff asks, and somebody who sees all of it because its owners let him (of users
too), and a member who has a thousand rows.

Every store is a database of its own, with a process of the product's own server, asked over HTTP.
They are asked in turn, so that what else the machine does is in all figures. Printed are medians
of wall times, and their ratios to the smallest store. A list has two: that of the first request
after a write to its table, and that of the next one.
"""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from operator import truediv
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

import psycopg

from bench import growing
from bench.harness import basic, demo_store

if TYPE_CHECKING:
    from bench.served import Served

SIZES = "1000,100000,1000000"
ROUNDS, WRITES = 9, 60
ENOUGH = 6.0
"""Seconds that the rounds of one list may take; two rounds are made in any case."""

MEMBER, HEART_RATE = growing.PEOPLE[growing.MEMBER], 19
Times = tuple[float, ...]
"""Milliseconds; of a list those of the first request and of the next one."""


@dataclass(frozen=True)
class Grown:
    """A resource with its table, a filter for what is one person's, and names that lists are
    ordered by; `seer` is the one who sees all of it and is not staff."""

    name: str
    table: str
    one: str | None
    orders: tuple[str, ...] = ()
    seer: str = "owner"
    key: str = "id"

    @property
    def touch(self) -> str:
        """A write to the table that changes nothing, after which nothing kept of it is good."""
        newest = f"SELECT max({self.key}) FROM {self.table}"  # noqa: S608 - names of ours
        change = f"UPDATE {self.table} SET {self.key} = {self.key}"  # noqa: S608
        return f"{change} WHERE {self.key} = ({newest})"


MEMBERS = f"user={MEMBER}"
RESOURCES = (
    Grown("record", "records_record", MEMBERS, ("start", "end")),
    Grown("range", "records_range", MEMBERS, ("start", "rank")),
    Grown("annotation", "records_annotation", MEMBERS, ("start", "record")),
    Grown("user", "accounts_user", f"email={growing.MEMBER}", ("email",), "landlord"),
    Grown("device", "records_device", "deviceid=HXSKIN7700000500", ("-id",)),
    Grown("trainingroutine", "catalog_trainingroutine", MEMBERS, ("-id",)),
    Grown("trainingsession", "records_trainingsession", MEMBERS, ("start",)),
    Grown("async", "fitness_asyncvalue", MEMBERS, ("start",)),
    Grown("activitylog", "bookkeeping_activitylog", MEMBERS, ("date",)),
    Grown("datatype", "catalog_datatype", None, key="dataid"),
)


Line = tuple[str, str, list[Times]]
"""What was asked, by whom, and what it took in every store."""


def logins() -> dict[str, dict[str, str]]:
    """Return the header with which each of the people who ask logs in, by what they are called."""
    known = {name.partition("@")[0]: (name, growing.PASSWORD) for name in growing.PEOPLE}
    people = known | {"staff": ("staff@example.com", "staff")}
    return {who: basic(*login) for who, login in people.items()}


class Asking:
    """Sends requests to one store as several people; says how many milliseconds each takes."""

    def __init__(self, server: Served, url: str) -> None:
        self.server = server
        self.database = psycopg.connect(url, autocommit=True)
        self.logins = logins()

    def get(self, who: str, path: str) -> float:
        began = perf_counter()
        self.server.get(path, self.logins[who])
        return (perf_counter() - began) * 1000

    def total(self, who: str, path: str) -> int:
        """How many objects a list has."""
        meta = json.loads(self.server.get(path, self.logins[who]))["meta"]
        return int(meta["total_count"])

    def write(self, method: str, path: str, body: Any) -> float:
        """The same for a write of the member; AssertionError unless it succeeds."""
        headers = self.logins["member"] | {"Content-Type": "application/json"}
        connection = self.server.connection
        began = perf_counter()
        connection.request(method, path, json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read()
        spent = (perf_counter() - began) * 1000
        assert answer.status in (201, 202), f"{method} {path}: {answer.status} {text[:200]!r}"
        return spent


def questions(resource: Grown) -> Iterator[tuple[str, str, str]]:
    """The lists of a resource: what the table calls it, who asks, the path, in which the offset
    in the middle of a list is to be filled in."""
    path = f"/api/{resource.name}/?limit=20"
    orders = [f"order_by={name}" for name in resource.orders]
    for who in ("staff", resource.seer):
        yield "first page", who, path
        yield "middle", who, path + "&offset={middle}"
        for asked in filter(None, (*orders, resource.one)):
            yield asked, who, f"{path}&{asked}"
    yield "first page", "member", path
    for asked in orders:
        yield asked, "member", f"{path}&{asked}"


def measure_list(stores: list[Asking], resource: Grown, who: str, path: str) -> list[Times]:
    """For each store the medians of the first request after a write, and of the next one."""
    paths = [path.format(middle=store.total(who, path.partition("&")[0]) // 2) for store in stores]
    rounds: list[list[Times]] = []
    began = perf_counter()
    while len(rounds) < 2 or (len(rounds) < ROUNDS and perf_counter() - began < ENOUGH):
        asked = zip(stores, paths, strict=True)
        rounds.append([_first_and_next(store, resource, who, at) for store, at in asked])
    by_store = zip(*rounds, strict=True)
    return [tuple(map(median, zip(*times, strict=True))) for times in by_store]


def _first_and_next(store: Asking, resource: Grown, who: str, path: str) -> Times:
    store.database.execute(resource.touch)
    return store.get(who, path), store.get(who, path)


def in_turn(stores: list[Asking], rounds: int, send: Callable[[Asking], float]) -> list[Times]:
    """The median of a request to each store, after one that does not count."""
    sent = [[send(store) for store in stores] for _ in range(rounds + 1)]
    return [(median(times),) for times in zip(*sent[1:], strict=True)]


def measure_data(stores: list[Asking]) -> Iterator[Line]:
    """Ten minutes of heart rate, found by the record and by time."""
    begins = growing.MEASURED_FROM
    window = f"start={begins}&end={begins + 10 * growing.MINUTE}"
    asked = {"record": f"record={growing.MEASURED}", "user, start, end": f"{MEMBERS}&{window}"}
    for name, question in asked.items():
        path = f"/api/data/?datatype={HEART_RATE}&{question}"
        for who in ("staff", "owner", "member"):
            times = in_turn(stores, 2 * ROUNDS, partial(Asking.get, who=who, path=path))
            yield f"data by {name}", who, times


def measure_writes(stores: list[Asking]) -> Iterator[Line]:
    """A range made and a record changed."""
    end = growing.START + growing.MINUTE
    made = {"name": "Stairs", "user": MEMBER, "start": growing.START, "end": end}
    record = f"/api/record/{growing.MEASURED}/"
    make = partial(Asking.write, method="POST", path="/api/range/", body=made)
    change = partial(Asking.write, method="PATCH", path=record, body={"dev_id": "bench"})
    yield "POST range", "member", in_turn(stores, WRITES, make)
    yield "PATCH record", "member", in_turn(stores, WRITES, change)


def measure(stores: list[Asking], resources: Sequence[Grown]) -> Iterator[Line]:
    """All lines of the table."""
    for resource in resources:
        for what, who, path in questions(resource):
            times = measure_list(stores, resource, who, path)
            yield f"{resource.name} {what}", who, times
    yield from measure_data(stores)
    yield from measure_writes(stores)


def show_head(sizes: list[int]) -> None:
    """Prints what the columns are: times in every store, and ratios to the smallest."""
    print(f"{'':<44}{'milliseconds':<{17 * len(sizes)}} ratio to {sizes[0]:,} rows")
    print(" " * 44 + "".join(f"{size:>15,}  " for size in (*sizes, *sizes[1:])))


def show(line: Line) -> None:
    """Prints a line of the table."""
    what, who, (smallest, *larger) = line
    ratios = [tuple(map(truediv, times, smallest)) for times in larger]
    cells = [_cell(times, 1) for times in (smallest, *larger)] + [_cell(row, 2) for row in ratios]
    print(f"{what:<34}{who:<10}" + "".join(cells), flush=True)


def _cell(values: Times, digits: int) -> str:
    return " ".join(f"{value:7.{digits}f}" for value in values).rjust(15) + "  "


def main() -> None:
    """Makes a store of each size, and asks all of them the same in turn."""
    parser = ArgumentParser(description="Times in a store that grows.")
    parser.add_argument("--rows", default=SIZES, help="sizes of the stores, rising")
    parser.add_argument("--only", help="names of resources, instead of all ten")
    given = parser.parse_args()
    sizes = [int(text) for text in given.rows.split(",")]
    names = given.only.split(",") if given.only else [resource.name for resource in RESOURCES]
    with demo_store(), ExitStack() as stack:
        from bench.served import served

        stores: list[Asking] = []
        for url in growing.stores(sizes):
            os.environ["DATABASE_URL"] = url
            stores.append(Asking(stack.enter_context(served("hexostore.wsgi:application")), url))
        show_head(sizes)
        for line in measure(stores, [each for each in RESOURCES if each.name in names]):
            show(line)


if __name__ == "__main__":
    main()
