"""A range may hold others, but never itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest
from django.db import connection, transaction

from apps.records.models import Range
from tests.people import Caller
from tests.races import meet

REFUSED = {"range": {"parent": ["A range cannot be its own ancestor."]}}


def path(row: Range) -> str:
    return f"/api/range/{row.pk}/"


@pytest.fixture
def tower(owner: Caller) -> list[Range]:
    """Three ranges, each of which holds the next."""
    found: list[Range] = []
    for start in range(3):
        parent = found[-1] if found else None
        found.append(Range.objects.create(user=owner.user, start=start, parent=parent))
    return found


@pytest.mark.parametrize("below", [0, 1, 2])
def test_a_range_is_not_its_own_ancestor(owner: Caller, tower: list[Range], below: int) -> None:
    for method in ("PATCH", "PUT"):
        answer = owner.request(method, path(tower[0]), {"parent": path(tower[below])})
        assert (answer.status_code, answer.json()) == (400, REFUSED)
    tower[0].refresh_from_db()
    assert tower[0].parent is None


def test_other_parents_are_taken(owner: Caller, tower: list[Range]) -> None:
    answer = owner.patch(path(tower[2]), {"parent": path(tower[0])})
    assert (answer.status_code, answer.json()["parent"]) == (202, path(tower[0]))
    assert owner.patch(path(tower[2]), {"parent": path(tower[0])}).status_code == 202


def test_a_list_makes_no_circle_either(owner: Caller, tower: list[Range]) -> None:
    free = [Range.objects.create(user=owner.user, start=9) for _ in range(2)]
    pairs = zip(free, free[::-1], strict=True)
    objects = [{"resource_uri": path(one), "parent": path(other)} for one, other in pairs]
    answer = owner.patch("/api/range/", {"objects": objects})
    assert (answer.status_code, answer.json()) == (400, REFUSED)
    assert not Range.objects.filter(pk__in=[row.pk for row in free], parent__isnull=False).exists()


@contextmanager
def turn() -> Iterator[None]:
    """Holds what requests that choose a parent take one after the other."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('records_range.parent'))")
        yield


@pytest.mark.django_db(transaction=True)
def test_two_requests_make_no_circle_together(owner: Caller) -> None:
    one, other = (Range.objects.create(user=owner.user, start=9) for _ in range(2))
    sends = [
        partial(owner.patch, path(one), {"parent": path(other)}),
        partial(owner.patch, path(other), {"parent": path(one)}),
    ]
    answers = meet(*sends, at=turn)
    assert [answer.status_code for answer in answers] == [202, 400]
    assert answers[1].json() == REFUSED
