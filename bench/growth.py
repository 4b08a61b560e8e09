"""What lists, data and writes cost in a store that grows: a thousand rows in every table, a hundred
thousand, a million.

Ten resources are asked for. The public documents give addresses or lists of most of them, programs
that synchronize ask for the others, and a store has more of them with every recording; data types
are the resource that the documents name most, and do not grow, so that their ratios tell how quiet
the machine was. Staff asks, and somebody who sees all of it because its owners let him (of users
too), and a member who has a thousand rows.

The server is the product's own, in a process of its own, asked over HTTP. Printed are medians of
wall times, and their ratios to the smallest store of the same run. A list has two: that of the
first request after a write to its table, and that of the next one.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

from bench import growing
from bench.harness import basic, demo_store

if TYPE_CHECKING:
    from bench.served import Served

SIZES = "1000,100000,1000000"
ROUNDS, WRITES = 9, 60
ENOUGH = 4000.0
"""Milliseconds that the rounds of one list may take; two rounds are made in any case."""

MEMBER, HEART_RATE = growing.PEOPLE[growing.MEMBER], 19
Times = dict[tuple[str, str], tuple[float, ...]]
"""Milliseconds by what was asked and by whom; of a list the first and the next request."""


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


class Asking:
    """Sends requests as several people, and measures how many milliseconds each takes."""

    def __init__(self, server: Served) -> None:
        self.server = server
        known = {name.partition("@")[0]: (name, growing.PASSWORD) for name in growing.PEOPLE}
        people = known | {"staff": ("staff@example.com", "staff")}
        self.logins = {who: basic(*login) for who, login in people.items()}

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


def questions(asking: Asking, resource: Grown) -> Iterator[tuple[str, str, str]]:
    """The lists of a resource: what each line of the table calls it, who asks, the path."""
    path = f"/api/{resource.name}/?limit=20"
    orders = [f"order_by={name}" for name in resource.orders]
    for who in ("staff", resource.seer):
        yield "first page", who, path
        yield "middle", who, f"{path}&offset={asking.total(who, path) // 2}"
        for asked in filter(None, (*orders, resource.one)):
            yield asked, who, f"{path}&{asked}"
    yield "first page", "member", path
    for asked in orders:
        yield asked, "member", f"{path}&{asked}"


def measure_list(asking: Asking, resource: Grown, who: str, path: str) -> tuple[float, float]:
    """The medians of the first request after a write, and of the next one."""
    first: list[float] = []
    again: list[float] = []
    asking.get(who, path)
    while len(first) < ROUNDS and (len(first) < 2 or sum(first + again) < ENOUGH):
        touch(resource)
        first.append(asking.get(who, path))
        again.append(asking.get(who, path))
    return median(first), median(again)


def touch(resource: Grown) -> None:
    """A write to the table that changes nothing, after which no total that is kept is good."""
    from django.db import connection

    table, key = resource.table, resource.key
    newest = f"SELECT max({key}) FROM {table}"  # noqa: S608 - names of ours
    text = f"UPDATE {table} SET {key} = {key} WHERE {key} = ({newest})"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(text)


def measure_data(asking: Asking) -> Times:
    """Ten minutes of heart rate, found by the record and by time."""
    begins = growing.MEASURED_FROM
    window = f"start={begins}&end={begins + 10 * growing.MINUTE}"
    asked = {"record": f"record={growing.MEASURED}", "user, start, end": f"{MEMBERS}&{window}"}
    return {
        (f"data by {name}", who): (_median_get(asking, who, question),)
        for name, question in asked.items()
        for who in ("staff", "owner", "member")
    }


def _median_get(asking: Asking, who: str, question: str) -> float:
    path = f"/api/data/?datatype={HEART_RATE}&{question}"
    asking.get(who, path)
    return median(asking.get(who, path) for _ in range(2 * ROUNDS))


def measure_writes(asking: Asking) -> Times:
    """A range made and a record changed."""
    end = growing.START + growing.MINUTE
    made = {"name": "Stairs", "user": MEMBER, "start": growing.START, "end": end}
    writes = {
        "POST range": ("POST", "/api/range/", made),
        "PATCH record": ("PATCH", f"/api/record/{growing.MEASURED}/", {"dev_id": "bench"}),
    }
    for write in writes.values():
        asking.write(*write)
    return {
        (name, "member"): (median(asking.write(*write) for _ in range(WRITES)),)
        for name, write in writes.items()
    }


def measure(asking: Asking) -> Times:
    """All questions to the store as it is."""
    found: Times = {}
    for resource in RESOURCES:
        for what, who, path in questions(asking, resource):
            spent = measure_list(asking, resource, who, path)
            found[f"{resource.name} {what}", who] = spent
            print(resource.name, what, who, *map(round, spent), file=sys.stderr)
    return found | measure_data(asking) | measure_writes(asking)


def show(stores: dict[int, Times]) -> None:
    """Prints times in every store, and ratios to the smallest."""
    smallest, *larger = stores
    print(f"{'':<44}{'milliseconds':<{17 * len(stores)}} ratio to {smallest:,} rows")
    print(" " * 44 + "".join(f"{size:>15,}  " for size in (*stores, *larger)))
    for (what, who), base in stores[smallest].items():
        times = [stores[size][what, who] for size in stores]
        ratios = [[now / then for now, then in zip(row, base, strict=True)] for row in times[1:]]
        cells = [_cell(row, 1) for row in times] + [_cell(row, 2) for row in ratios]
        print(f"{what:<34}{who:<10}" + "".join(cells))


def _cell(values: list[float] | tuple[float, ...], digits: int) -> str:
    return " ".join(f"{value:7.{digits}f}" for value in values).rjust(15) + "  "


def main() -> None:
    """Grows a store to each of the sizes, and prints what was measured in it."""
    parser = ArgumentParser(description="Times in a store that grows.")
    parser.add_argument("--rows", default=SIZES, help="sizes of the store, rising")
    sizes = [int(text) for text in parser.parse_args().rows.split(",")]
    stores: dict[int, Times] = {}
    with demo_store():
        from bench.served import served

        growing.settle()
        for have, size in zip([0, *sizes], sizes, strict=False):
            growing.grow(have, size)
            with served("hexostore.wsgi:application") as server:
                stores[size] = measure(Asking(server))
    show(stores)


if __name__ == "__main__":
    main()
