"""What is kept of lists until a table is written: the keys of pages, and totals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.access.models import READ, WRITE, BundlePermission, Team
from apps.api import editions, listing
from apps.api.models import Edition
from apps.api.shelves import Shelf
from apps.records.models import Label, Range
from tests.databases import another_connection
from tests.people import Caller, grant

_LABEL = "INSERT INTO records_label (user_id, name) VALUES (%s, %s)"

LIST = "/api/range/?limit=2&order_by=-id"


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    listing.forget_pages()
    yield
    listing.forget_pages()


@pytest.fixture
def ranges(owner: Caller) -> list[Range]:
    return [
        Range.objects.create(user=owner.user, name=f"range {n}", start=n, end=n + 1)
        for n in range(5)
    ]


def asked(who: Caller, path: str = LIST) -> tuple[list[int], int, str]:
    """The ids that a list shows, its total and the statement that found them."""
    with CaptureQueriesContext(connection) as captured:
        found = who.get(path).json()
    *_, statement = [each["sql"] for each in captured if "listed_key" in each["sql"]]
    return [each["id"] for each in found["objects"]], found["meta"]["total_count"], statement


def are_there(backends: list[int]) -> bool:
    """Whether the database has one of these connections still."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_stat_activity WHERE pid = ANY(%s)", [backends])
        return cursor.fetchone() is not None


def is_kept(statement: str) -> bool:
    return "count(*)" not in statement.lower()


def test_a_page_asked_for_again_is_found_by_its_keys(owner: Caller, ranges: list[Range]) -> None:
    first, again = asked(owner), asked(owner)
    assert [is_kept(first[2]), is_kept(again[2])] == [False, True]
    assert first[:2] == again[:2] == ([ranges[4].pk, ranges[3].pk], 5)


def test_another_page_needs_no_counting(owner: Caller, ranges: list[Range]) -> None:
    asked(owner)
    other = asked(owner, f"{LIST}&offset=2")
    assert other[:2] == ([ranges[2].pk, ranges[1].pk], 5)
    assert "CASE WHEN" in other[2]


def moved(row: Range) -> None:
    Range.objects.filter(pk=row.pk).update(start=1000, end=1001)


def added(row: Range) -> None:
    Range.objects.create(user=row.user, name="range 9", start=9, end=10)


def gone(row: Range) -> None:
    Range.objects.filter(pk=row.pk).delete()


@pytest.mark.parametrize(("change", "total"), [(moved, 4), (added, 6), (gone, 4)])
def test_a_write_ends_it(
    owner: Caller, ranges: list[Range], change: Callable[[Range], None], total: int
) -> None:
    path = f"{LIST}&start__lt=100"
    asked(owner, path)
    change(ranges[4])
    found, count, statement = asked(owner, path)
    assert count == total
    assert found == list(
        Range.objects.filter(start__lt=100).order_by("-id").values_list("pk", flat=True)[:2]
    )
    assert not is_kept(statement)


def test_what_somebody_else_sees_is_another_list(
    owner: Caller, outsider: Caller, ranges: list[Range]
) -> None:
    asked(owner)
    assert asked(outsider)[:2] == ([], 0)


def test_a_right_given_or_taken_shows_at_once(
    owner: Caller, outsider: Caller, ranges: list[Range]
) -> None:
    assert asked(outsider)[1] == 0
    grant(owner.user, outsider.user, READ)
    for _ in range(2):
        assert asked(outsider)[1] == 5
    BundlePermission.objects.filter(user_allowed=outsider.user).delete()
    assert asked(outsider)[1] == 0


def test_a_member_of_a_team_shows_at_once(
    owner: Caller, outsider: Caller, ranges: list[Range]
) -> None:
    team = Team.objects.create(name="team", owner=outsider.user)
    assert asked(outsider)[1] == 0
    team.members.add(owner.user)
    for _ in range(2):
        assert asked(outsider)[1] == 5
    team.members.clear()
    assert asked(outsider)[1] == 0


def test_a_table_behind_a_filter_counts(owner: Caller, ranges: list[Range]) -> None:
    label = Label.objects.create(user=owner.user, name="steep")
    ranges[0].labels.add(label)
    path = f"/api/range/?labels={label.pk}"
    for _ in range(2):
        assert asked(owner, path)[1] == 1
    ranges[0].labels.clear()
    assert asked(owner, path)[1] == 0


def test_a_page_past_the_end_tells_the_total(owner: Caller, ranges: list[Range]) -> None:
    for _ in range(2):
        assert asked(owner, f"{LIST}&offset=77")[:2] == ([], 5)


@pytest.mark.django_db(transaction=True)
def test_those_who_write_do_not_wait_for_one_another(owner: Caller) -> None:
    """Two transactions write the same table, and neither has ended."""
    with another_connection() as one, another_connection() as another:
        for each in (one, another):
            each.execute("SET lock_timeout = '5s'")
            each.execute(_LABEL, (owner.user.pk, f"of {each.info.backend_pid}"))
    assert Label.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_numbers_of_ended_connections_become_one(owner: Caller) -> None:
    """And what was kept before they wrote is not taken for new again."""
    Label.objects.create(user=owner.user, name="of this connection")
    before = editions.current(["records_label"])
    backends = []
    for _ in range(2):
        with another_connection() as other:
            other.execute(_LABEL, (owner.user.pk, "of another"))
            backends.append(other.info.backend_pid)
    while are_there(backends):
        continue
    editions.fold()
    numbers = Edition.objects.filter(table="records_label")
    assert {row.backend for row in numbers} == {0, connection.connection.info.backend_pid}
    assert editions.current(["records_label"]) != before


@pytest.mark.django_db
def test_tables_of_a_statement() -> None:
    found = editions.tables_of
    assert found("SELECT 1 FROM records_label") == ("records_label",)
    assert found("SELECT 1 FROM bookkeeping_algo") == ("records_record",)
    assert found("SELECT 1 FROM records_label, signals_chunk") is None


def test_a_shelf_holds_what_was_asked_for_last() -> None:
    shelf: Shelf[Any] = Shelf(2)
    for key in "ab":
        shelf.put(key, key)
    shelf.get("a")
    shelf.put("c", "c")
    assert [shelf.get(key) for key in "abc"] == ["a", None, "c"]


@pytest.mark.parametrize("path", ["/api/record/", "/api/range/", "/api/annotation/"])
def test_counting_joins_nothing_in(owner: Caller, path: str) -> None:
    """An index alone has the rows to count, and the keys."""
    Range.objects.create(user=owner.user, start=1, end=2)
    statement = asked(owner, path)[2]
    counting = statement.partition("SELECT count(*) FROM (")[2].partition(") AS listed")[0]
    assert counting
    assert "INNER JOIN" not in counting
    assert "OUTER JOIN" not in counting


@pytest.mark.parametrize("limit", [1, 2, 20])
def test_an_owner_whose_rows_one_sees_twice_over_has_them_once(
    owner: Caller, outsider: Caller, ranges: list[Range], limit: int
) -> None:
    """Two grants and a team, each of which lets the rows be seen."""
    grant(owner.user, outsider.user, READ)
    grant(owner.user, outsider.user, READ, WRITE)
    team = Team.objects.create(name="team", owner=outsider.user)
    team.members.add(owner.user, outsider.user)
    found: list[int] = []
    for offset in range(0, 5, limit):
        path = f"/api/range/?order_by=start&limit={limit}&offset={offset}"
        page, total, _ = asked(outsider, path)
        assert total == 5
        found += page
    assert found == [each.pk for each in ranges]


@pytest.mark.parametrize("offset", [2**62, 2**63 - 1])
def test_no_offset_is_too_large_to_tell_the_total(
    owner: Caller, staff: Caller, ranges: list[Range], offset: int
) -> None:
    for caller in (owner, staff):
        assert asked(caller, f"/api/range/?limit=20&offset={offset}")[:2] == ([], 5)
