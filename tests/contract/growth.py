"""What a page reads of the database does not grow with the table.

Blocks that the database reads are compared, not times. The tests commit, so that what is kept of
lists counts; the database is emptied after each of them.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from apps.api import kept_pages
from apps.api.resources import ModelResource
from apps.api.versions import NEWEST
from tests.contract.contract import RowContract, needs, real_fields
from tests.many import multiply
from tests.people import Caller

FEW, MANY = 1_000, 20_000


ROOT = Path(__file__).parents[2]
NAME = Path(__file__).relative_to(ROOT)


def where(model: type[Model]) -> tuple[Path, int]:
    """Return the file of a model, as seen from the root, and its line there."""
    file = Path(inspect.getfile(model)).relative_to(ROOT)
    return file, inspect.getsourcelines(model)[1]


def place_of(model: type[Model]) -> str:
    """Return the file and the line of a model, for messages."""
    file, line = where(model)
    return f"{file}, line {line}"


def index_for(resource: type[ModelResource[Any]], name: str) -> str:
    """Return the index of an order, in the words of the model, and where it is to be added."""
    model = resource.model
    path = resource.fields[name].path() if name in resource.fields else name
    columns = {column.name: column for column in model._meta.fields}
    column = columns.get(str(path))
    place = f"{place_of(model)}, indexes of {model.__name__}"
    if column is None:
        return f"{place}: one in the order of {name!r} (apps/api/indexes.py)"
    called = f"{model._meta.model_name}_{column.name}"
    if column.null:  # and nulls come first
        return f'{place}: sorted_index("{called}", "{column.name}"),'
    return f'{place}: models.Index(fields=["{column.name}", "id"], name="{called}"),'


def bound(few: int) -> int:
    """How many blocks a page of the large table may read, whose indexes are deeper."""
    return 3 * few + 24


UNINDEXED = {
    ("activityattributevalue", "user"): "the owner stands in the range, and an index in one table",
    ("trainingroutine", "last_used"): "another one for every caller, made of their ranges",
    ("user", "profile"): "the profile stands in another table, and people without one come first",
}
"""Names that no index can have in order, and why: such a list costs what its caller sees.

docs/architecture.md says it too.
"""

PASSING = ("bundle_permission_request",)
"""Lists of what is open at the moment. That ends without a write, so that nothing is kept; and
requests are few, for they end by themselves."""

commits = pytest.mark.django_db(transaction=True)


def blocks_read(asks: Any) -> int:
    """How many blocks the statements of a request read, when they are run once more."""
    with CaptureQueriesContext(connection) as captured:
        asks()
    reads = [each["sql"] for each in captured if each["sql"].startswith("SELECT")]
    assert reads
    return sum(map(_blocks, reads))


def _blocks(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}")
        found = cursor.fetchone()[0]
    plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


class GrowthContract(RowContract):
    """Lists of few and of many rows."""

    def grow(self, row: Model, count: int) -> None:
        """Make so many more rows like one."""
        multiply(row, count)

    @commits
    @needs("get")
    def test_pages_of_a_large_table_read_no_more(self, owner: Caller, staff: Caller) -> None:
        if self.name in PASSING:
            pytest.skip("it depends on the time, and nothing is kept of it")
        row = self.make(owner.user)
        self.grow(row, FEW)
        few = self.measured(owner, staff)
        self.grow(row, MANY - FEW)
        many = self.measured(owner, staff)
        read = {what: (few[what], many[what]) for what in few}
        grown = {what: pair for what, pair in read.items() if pair[1] > bound(pair[0])}
        assert not grown, self.told(grown)

    def told(self, grown: Mapping[str, tuple[int, int]]) -> str:
        """Return what grows, and what to add where."""
        said = [f"Blocks read for pages of {self.name!r} with {FEW} and with {MANY} rows: {grown}"]
        orders = {what.partition("order_by=")[2].removeprefix("-") for what in grown}
        if any(" again " in what for what in grown):
            said.append(self.told_of_counting())
        elif "" in orders:
            place = place_of(self.resource.model)
            said.append(f"{place}: add the usual order to the indexes (apps/api/indexes.py)")
        else:
            said += [index_for(self.resource, name) for name in sorted(orders)]
            said.append(f"or {NAME}, UNINDEXED, with the reason why there can be no index")
        return "\n".join(said)

    def told_of_counting(self) -> str:
        """Return what to add to a migration, without which nothing is kept of a list."""
        file, _ = where(self.resource.model)
        table = f'"{self.resource.model._meta.db_table}"'
        counted = f"migrations.RunSQL(counting({table}), not_counting({table}))"
        return f"{file.parent / 'migrations'}, the migration of the table: {counted}"

    def measured(self, owner: Caller, staff: Caller) -> Mapping[str, int]:
        """Blocks read for pages asked for once more, and for such whose keys are not known."""
        names = self.resource.ordering_in(NEWEST)
        known = real_fields(self.resource)
        orders = [name for name in names if name in known and (self.name, name) not in UNINDEXED]
        own = [name for name in orders if name in self.resource.owner_order]
        found = {}
        for who, caller, indexed in (("staff", staff, orders), ("owner", owner, own)):
            for query in ("", "offset=500", *map("order_by={}".format, orders)):
                found[f"{who} again {query}"] = self.blocks(caller, query)
            ups_and_downs = (f"order_by={sign}{name}" for name in indexed for sign in ("", "-"))
            usual = [""] if self.resource.owner_order or caller is staff else []
            for query in (*usual, *ups_and_downs):
                found[f"{who} first {query}"] = self.blocks(caller, query, forget=True)
        return found

    def blocks(self, caller: Caller, query: str, *, forget: bool = False) -> int:
        """Blocks read for a page that was read before; `forget` has its keys forgotten."""
        path = f"{self.list_path}?limit=20&{query}"
        assert caller.get(path).status_code == 200
        if forget:
            kept_pages.forget_pages()
        return blocks_read(lambda: caller.get(path))
