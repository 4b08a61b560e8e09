"""Every path of every resource, asked for once: nothing fails, no row comes twice."""

from __future__ import annotations

from collections import Counter
from urllib.parse import quote

import pytest

from apps.records.models import ActivityAttributeValue, Range, TrainingSession
from tests.api import sweep
from tests.api.asking import ask, got
from tests.people import Caller

NAMES = [found.name for found in sweep.resources()]


@pytest.fixture
def walker(me: Caller) -> Caller:
    """The owner, with a session and an answer of a range that has two labels and a child."""
    Range.objects.filter(pk=203).update(parent=201)
    made = TrainingSession.objects.create(user=me.user, start=1, end=2, range_id=201)
    made.users.set([me.user])
    ActivityAttributeValue.objects.create(range_id=201, activityattribute_id=601, value=1)
    return me


def whole(who: Caller, name: str) -> Counter[str]:
    """How often each row comes in the whole list."""
    path = f"/api/{name}/?limit=0&show_all=1&include_autodetected=1"
    return Counter(row["resource_uri"] for row in got(who, path)["objects"])


def check(who: Caller, name: str, query: str, all_rows: Counter[str]) -> None:
    """Asks once: a 400, or rows of the list, each once, with their number."""
    path = f"/api/{name}/?limit=0&show_all=1&include_autodetected=1&{quote(query, safe='=&')}"
    answer = ask(who, "GET", path)
    assert answer.status_code in (200, 400), (path, answer.content[:300])
    if answer.status_code == 200:
        found = answer.json()
        rows = Counter(row["resource_uri"] for row in found["objects"])
        assert rows <= all_rows, path
        assert found["meta"]["total_count"] == rows.total(), path


@pytest.mark.parametrize("name", NAMES)
def test_no_path_fails_or_doubles_rows(walker: Caller, name: str) -> None:
    all_rows = whole(walker, name)
    found = next(one for one in sweep.resources() if one.name == name)
    for query in sweep.few_queries(found):
        check(walker, name, query, all_rows)


@pytest.mark.parametrize(("name", "query"), sweep.FAILED_ONCE)
def test_computed_members_behind_a_link(walker: Caller, name: str, query: str) -> None:
    check(walker, name, query, whole(walker, name))


@pytest.mark.parametrize("query", ["order_by=range__labels", "labels__in=301,302", "users__gt=0"])
def test_lists_behind_a_row_do_not_double_it(walker: Caller, query: str) -> None:
    check(walker, "trainingsession", query, whole(walker, "trainingsession"))
