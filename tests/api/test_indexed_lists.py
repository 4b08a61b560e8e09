"""Every documented order and filter of what people make more and more of has an index.

The database plans statements on empty tables and may neither sort nor read a table row by row
unless there is no other way: where it does, an index is missing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection, models
from django.db.models import F, Q
from django.db.models.expressions import OrderBy
from django.http import QueryDict

from apps.api import filtering, ordering, reading, registry
from apps.api.context import Context
from apps.api.conventions import HEXOSKIN
from apps.api.fields import Argument
from apps.api.resources import ModelResource
from apps.api.versions import NEWEST
from tests.contract.growth import UNINDEXED, index_for

pytestmark = pytest.mark.django_db

STAFF = SimpleNamespace(pk=1, is_staff=True)
CONTEXT = Context(STAFF, "/api", NEWEST, HEXOSKIN)

GROWING = (
    "activityattributevalue",
    "activitylog",
    "annotation",
    "async",
    "device",
    "import",
    "label",
    "labelledobject",
    "profile",
    "range",
    "record",
    "track",
    "trackpoint",
    "trainingroutine",
    "trainingsession",
    "user",
)
"""The resources that have more rows with every person and every recording."""


@pytest.fixture(autouse=True)
def no_statistics(db: None) -> None:
    """Take away what the planner was told of tables: by tests that commit, of the values in
    columns, and by the vacuum that the database runs by itself, that a table is empty."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT usesuper FROM pg_user WHERE usename = current_user")
        if not cursor.fetchone()[0]:
            pytest.skip("only a superuser may take statistics away")
        cursor.execute(
            "DELETE FROM pg_statistic WHERE starelid IN "
            "(SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)"
        )
        cursor.execute(
            "UPDATE pg_class SET reltuples = -1, relpages = 0 "
            "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i')"
        )


_SETTINGS = {
    "Incremental Sort": "incremental_sort",
    "Seq Scan": "seqscan",
    "Sort": "sort",
}


def orders() -> Iterator[Any]:
    for resource in map(registry.model_resource, GROWING):
        for name in resource.ordering_in(NEWEST):
            if (resource.name, name) not in UNINDEXED:
                yield pytest.param(resource, name, id=f"{resource.name}-{name}")
                yield pytest.param(resource, f"-{name}", id=f"{resource.name}-down-{name}")


def filters() -> Iterator[Any]:
    for resource in map(registry.model_resource, GROWING):
        fields = resource.fields_in(NEWEST)
        for name, lookups in resource.filtering_in(NEWEST).items():
            known = name in fields and not isinstance(fields[name], Argument)
            exact = lookups in (1, 2) or "exact" in list(
                lookups if isinstance(lookups, list) else ()
            )
            if known and exact and (resource.name, name) not in UNINDEXED:
                yield pytest.param(resource, name, id=f"{resource.name}-{name}")


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A node of a plan and all below it."""
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def planned(rows: models.QuerySet[Any, Any], *avoided: str) -> list[dict[str, Any]]:
    """The nodes of the plan of a statement, made without what is avoided where that can be."""
    with connection.cursor() as cursor:
        for setting in avoided:
            cursor.execute(f"SET LOCAL enable_{setting} = off")
    return list(nodes(json.loads(rows.explain(format="json"))[0]["Plan"]))


def page(resource: type[ModelResource[Any]], name: str, **met: Any) -> models.QuerySet[Any, Any]:
    """The keys of a page in the order of a name, of the rows that meet a condition."""
    by_key = [OrderBy(F("pk"))]  # which is asked for without a name
    named = QueryDict(f"order_by={name}")
    order = by_key if name == "id" else ordering.list_order(resource, CONTEXT, named)
    rows = reading.bare_rows(resource, CONTEXT).filter(**met)
    return rows.order_by(*order).values("pk")[:20]


def sorts(
    resource: type[ModelResource[Any]], name: str, rows: models.QuerySet[Any, Any]
) -> list[str]:
    """The kinds of nodes that put rows in order, but for equal ones where there can be none."""
    unique = [column.name for column in resource.model._meta.fields if column.unique]
    bad = {"Sort", "Seq Scan"}
    if name.removeprefix("-") not in unique:
        bad.add("Incremental Sort")
    found = planned(rows, *(_SETTINGS[kind] for kind in bad))
    return sorted(bad & {node["Node Type"] for node in found})


@pytest.mark.parametrize(("resource", "name"), list(orders()))
def test_an_index_has_the_rows_in_order(resource: type[ModelResource[Any]], name: str) -> None:
    needed = index_for(resource, name.removeprefix("-"))
    assert sorts(resource, name, page(resource, name)) == [], needed


@pytest.mark.parametrize(("resource", "name"), list(filters()))
def test_an_index_has_the_rows_of_a_filter(resource: type[ModelResource[Any]], name: str) -> None:
    field = resource.fields_in(NEWEST)[name]
    value = "2014-09-08" if field.type in ("date", "datetime") else "1"
    met = filtering.filter_conditions(resource, CONTEXT, QueryDict(f"{name}={value}"))
    rows = reading.read_rows(resource, CONTEXT).filter(*met).values("pk")
    found = planned(rows, "seqscan")
    assert any("Index Cond" in node for node in found), index_for(resource, name)


@pytest.mark.parametrize("name", GROWING)
def test_an_index_has_the_rows_in_the_usual_order(name: str) -> None:
    """Those of all people, and of each, but for the ones that lists leave out."""
    resource = registry.model_resource(name)
    order = ordering.list_order(resource, CONTEXT, QueryDict())
    shown = resource.model._default_manager.exclude(resource.hidden or Q(pk__in=()))
    every = [shown]
    if "id" in resource.owner_order and (path := getattr(resource.visible, "path", "")):
        every.append(shown.filter(**{path: 1}))
    for rows in every:
        page = rows.order_by(*order).values("pk")[:20]
        assert sorts(resource, resource.order[0], page) == []


@pytest.mark.parametrize("name", GROWING)
def test_an_index_has_the_rows_of_each_owner_in_order(name: str) -> None:
    """The orders that a resource declares as `owner_order`, in which pages are looked for."""
    resource = registry.model_resource(name)
    path = getattr(resource.visible, "path", "")
    if not path or "__" in path:
        pytest.skip("rows that have no owner of their own")
    for column in resource.owner_order:
        order = ordering.order_by_column(resource, column), "pk"
        own = resource.model._default_manager.filter(**{path: 1}).order_by(*order)[:20]
        assert sorts(resource, column, own.values("pk")) == [], column
