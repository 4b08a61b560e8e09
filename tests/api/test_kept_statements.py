"""Statements whose text is kept are those that Django would write anew for each caller."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import models
from django.db.models import Value

from apps.accounts.models import User
from apps.api import conventions, kept_statements, reading, registry
from apps.api.context import Context
from apps.api.kept_statements import CALLER, AnyCaller, Placeholder
from apps.api.resources import ModelResource
from apps.api.shelves import BoundedCache
from apps.api.versions import NEWEST
from apps.records.labels import LabelResource
from apps.records.models import Label
from hexostore import clock
from tests.people import Caller, outsider, owner, staff
from tests.writings import writings

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

__all__ = ["outsider", "owner", "staff", "writings"]

RESOURCES = [each for each in registry.all_in(NEWEST) if issubclass(each, ModelResource)]


@pytest.fixture(autouse=True)
def _nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_statements, "_kept", BoundedCache(kept_statements.MOST))


def context(caller: Any, view: Any = "list") -> Context:
    return Context(caller, "/api", NEWEST, conventions.HEXOSKIN, view)


def one(
    resource: type[ModelResource[Any]], asked: Context, key: Any = 7
) -> models.QuerySet[Any, Any]:
    seen = resource.visible.condition(asked.caller)
    return reading.read_rows(resource, asked).filter(seen, pk=key)


def without_brackets(text: str) -> str:
    """A statement with brackets around no single value: Django puts some around a Placeholder."""
    return text.replace("(%s)", "%s")


@pytest.mark.django_db
@pytest.mark.parametrize("is_staff", [True, False])
@pytest.mark.parametrize("resource", RESOURCES, ids=lambda each: each.name)
def test_a_statement_for_anybody_is_that_of_each_caller(
    resource: type[ModelResource[Any]], is_staff: bool
) -> None:
    someone = User(pk=4242, is_staff=is_staff)
    if reading.is_personal(resource, context(someone)):
        return
    text, values = one(resource, context(someone)).query.sql_with_params()
    found = kept_statements.write_statement(
        one(resource, context(AnyCaller(is_staff, Placeholder(CALLER))))
    )
    assert without_brackets(found.text) == without_brackets(text)
    if found.may_be_kept():
        filled = [4242 if isinstance(each, Placeholder) else each for each in found.values]
        assert filled == list(values)


@pytest.mark.django_db
def test_the_text_is_written_once_and_each_sees_their_own(
    owner: Caller, outsider: Caller, staff: Caller, writings: list[str]
) -> None:
    mine, theirs = (Label.objects.create(user=each.user, name="a").pk for each in (owner, outsider))

    def statuses(caller: Caller) -> list[int]:
        return [caller.get(f"/api/label/{key}/").status_code for key in (mine, theirs)]

    assert statuses(owner) == [200, 404]
    assert statuses(outsider) == [404, 200]
    assert len(writings) == 1
    assert statuses(staff) == [200, 200]
    assert len(writings) == 2
    assert statuses(owner) == [200, 404]
    assert len(writings) == 2


@pytest.mark.django_db
def test_a_detail_is_found_by_its_own_key(owner: Caller, outsider: Caller) -> None:
    mine = [Label.objects.create(user=owner.user, name=name) for name in ("a", "b")]
    for label in mine:
        assert owner.get(f"/api/label/{label.pk}/").json()["name"] == label.name
        assert outsider.get(f"/api/label/{label.pk}/").status_code == 404
    for beyond in (2**31, 2**63 - 1, 2**63, 10**300, -1, -(10**300)):
        assert owner.get(f"/api/label/{beyond}/").status_code == 404


@pytest.mark.django_db
def test_a_statement_with_a_moment_is_written_anew(owner: Caller, writings: list[str]) -> None:
    def make(asked: Context) -> models.QuerySet[Any, Any]:
        every = reading.read_rows(LabelResource, asked)
        found: models.QuerySet[Any, Any] = every.annotate(now=Value(clock.now()))
        return found

    for _ in range(2):
        kept_statements.select_rows(LabelResource, "moment", context(owner.user), make)
    assert len(writings) == 2
    earlier = kept_statements.write_statement(make(context(owner.user)))
    assert not earlier.may_be_kept()


@pytest.mark.django_db
def test_conditions_that_nothing_meets_cost_no_statement(
    owner: Caller, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(2):
        with django_assert_num_queries(0):
            none = kept_statements.select_rows(
                LabelResource,
                "none",
                context(owner.user),
                lambda asked: reading.read_rows(LabelResource, asked).filter(pk__in=[]),
            )
        assert none == []


@pytest.mark.django_db
def test_columns_are_read_as_django_reads_them() -> None:
    user = User.objects.create(username="a")
    rows = User.objects.annotate(
        length=Value(timedelta(seconds=3), models.DurationField()),
        free=Value({"a": [1]}, models.JSONField()),
    ).values_list("username", "length", "free", "date_joined")
    statement = kept_statements.write_statement(rows)
    assert [tuple(row) for row in statement.run({})] == list(rows)
    assert user.username == "a"
