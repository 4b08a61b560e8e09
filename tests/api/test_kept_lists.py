"""What is kept of lists until a table is written: pages, their keys, and totals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.access.models import READ, WRITE, Bundle, BundlePermission, Team
from apps.api import editions, kept_pages
from apps.api.models import Edition
from apps.api.shelves import BoundedCache
from apps.catalog.models import Metric, Unit
from apps.records.models import Label, Range, Record
from hexostore import clock
from tests.databases import another_connection
from tests.hexostore.counted import observing, read_samples, value
from tests.people import Caller, grant

_LABEL = "INSERT INTO records_label (user_id, name) VALUES (%s, %s)"

LIST = "/api/range/?limit=2&order_by=-id"


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    kept_pages.forget_pages()
    yield
    kept_pages.forget_pages()


@pytest.fixture
def ranges(owner: Caller) -> list[Range]:
    return [
        Range.objects.create(user=owner.user, name=f"range {n}", start=n, end=n + 1)
        for n in range(5)
    ]


@dataclass(frozen=True)
class Asked:
    """The ids that a list shows, its total and the statement that found its rows; without one
    the page was kept as it is."""

    ids: list[int]
    total: int
    statement: str | None

    @property
    def counted(self) -> bool:
        """Whether all rows were counted, or their number compared with what is kept."""
        return "count(*)" in (self.statement or "").lower()


def asked(who: Caller, path: str = LIST) -> Asked:
    with CaptureQueriesContext(connection) as captured:
        found = who.get(path).json()
    statements = [each["sql"] for each in captured if "listed_key" in each["sql"]]
    ids = [each["id"] for each in found["objects"]]
    return Asked(ids, found["meta"]["total_count"], statements[-1] if statements else None)


def are_there(backends: list[int]) -> bool:
    """Whether the database has one of these connections still."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_stat_activity WHERE pid = ANY(%s)", [backends])
        return cursor.fetchone() is not None


def test_a_page_asked_for_again_is_found_by_its_keys_and_then_kept(
    owner: Caller, ranges: list[Range]
) -> None:
    first, by_keys, *kept = (asked(owner) for _ in range(4))
    assert first.counted
    assert by_keys.statement
    assert not by_keys.counted
    assert [each.statement for each in kept] == [None, None]
    for each in (first, by_keys, *kept):
        assert (each.ids, each.total) == ([ranges[4].pk, ranges[3].pk], 5)


def test_what_was_kept_of_lists_is_counted(
    owner: Caller, ranges: list[Range], tmp_path: Path
) -> None:
    with observing(tmp_path):
        for _ in range(4):
            asked(owner)
        gone(ranges[0])
        asked(owner)
        found = read_samples(tmp_path)
    kept = [value(found, "hexostore_lists_total", name) for name in ("nothing", "keys", "page")]
    assert kept == [2, 1, 2]


def test_nobody_counts_them_otherwise(owner: Caller, ranges: list[Range], tmp_path: Path) -> None:
    with observing(tmp_path):
        pass
    asked(owner)
    assert value(read_samples(tmp_path), "hexostore_lists_total", "nothing") == 0


def test_once_its_tables_are_known_a_page_is_kept_at_once(
    owner: Caller, ranges: list[Range]
) -> None:
    asked(owner)
    other = f"{LIST}&offset=2"
    assert [asked(owner, other).statement is None for _ in range(2)] == [False, True]


def test_another_page_needs_no_counting(owner: Caller, ranges: list[Range]) -> None:
    asked(owner)
    other = asked(owner, f"{LIST}&offset=2")
    assert (other.ids, other.total) == ([ranges[2].pk, ranges[1].pk], 5)
    assert "CASE WHEN" in str(other.statement)


def moved(row: Range) -> None:
    Range.objects.filter(pk=row.pk).update(start=1001, end=1002)


def added(row: Range) -> None:
    Range.objects.create(user=row.user, name="range 9", start=9, end=10)


def gone(row: Range) -> None:
    Range.objects.filter(pk=row.pk).delete()


@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize(("change", "total"), [(moved, 4), (added, 6), (gone, 4)])
def test_a_write_ends_it(
    owner: Caller, ranges: list[Range], change: Callable[[Range], None], total: int, times: int
) -> None:
    path = f"{LIST}&start__lt=100"
    for _ in range(times):
        asked(owner, path)
    change(ranges[4])
    found = asked(owner, path)
    assert found.total == total
    assert found.ids == list(
        Range.objects.filter(start__lt=100).order_by("-id").values_list("pk", flat=True)[:2]
    )
    assert found.counted


def test_what_somebody_else_sees_is_another_list(
    owner: Caller, outsider: Caller, ranges: list[Range]
) -> None:
    asked(owner)
    found = asked(outsider)
    assert (found.ids, found.total) == ([], 0)


def test_a_right_given_or_taken_shows_at_once(
    owner: Caller, outsider: Caller, ranges: list[Range]
) -> None:
    assert asked(outsider).total == 0
    grant(owner.user, outsider.user, READ)
    for _ in range(2):
        assert asked(outsider).total == 5
    BundlePermission.objects.filter(user_allowed=outsider.user).delete()
    assert asked(outsider).total == 0


def test_a_member_of_a_team_shows_at_once(
    owner: Caller, outsider: Caller, ranges: list[Range]
) -> None:
    team = Team.objects.create(name="team", owner=outsider.user)
    assert asked(outsider).total == 0
    team.members.add(owner.user)
    for _ in range(2):
        assert asked(outsider).total == 5
    team.members.clear()
    assert asked(outsider).total == 0


def test_a_table_behind_a_filter_counts(owner: Caller, ranges: list[Range]) -> None:
    label = Label.objects.create(user=owner.user, name="steep")
    ranges[0].labels.add(label)
    path = f"/api/range/?labels={label.pk}"
    for _ in range(2):
        assert asked(owner, path).total == 1
    ranges[0].labels.clear()
    assert asked(owner, path).total == 0


def test_what_is_joined_in_shows_at_once(owner: Caller) -> None:
    """A page shows names that stand in another table."""
    Record.objects.create(user=owner.user, start=1, end=2)
    for name in ("Ada", "Grace", "Mary"):
        owner.user.first_name = name
        owner.user.save()
        for _ in range(3):
            shown = owner.get("/api/record/").json()["objects"]
            assert {each["user"]["first_name"] for each in shown} == {name}


def test_what_is_gathered_for_a_page_shows_at_once(owner: Caller, ranges: list[Range]) -> None:
    unit = Unit.objects.create(pk=901, si_short="", si_long="")
    Metric.objects.create(pk=44, name="mean", title="Mean", unit=unit)
    Range.objects.filter(pk=ranges[4].pk).update(metrics=[{"metric": 44, "value": 1}])
    for name in ("beats", "beats a minute", "bpm"):
        unit.si_short = name
        unit.save()
        for _ in range(3):
            shown = owner.get(LIST).json()["objects"][0]["metrics"]
            assert [each["unit"]["si_short"] for each in shown] == [name]


def test_what_changes_with_time_is_not_kept(
    owner: Caller, outsider: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How many seconds a request for a bundle has left."""
    bundle = Bundle.objects.create(name="all")
    sent = {
        "bundle": f"/api/bundle/{bundle.pk}/",
        "user_allowed": owner.user.email,
        "user_target": outsider.user.email,
    }
    path = "/api/bundle_permission_request/"
    assert owner.post(path, sent).status_code == 201
    begun, left = clock.now(), []
    for seconds in range(4):
        monkeypatch.setattr(clock, "now", lambda past=seconds: begun + timedelta(seconds=past))
        left += [each["ttl"] for each in owner.get(path).json()["objects"]]
    assert [left[0] - each for each in left] == [0, 1, 2, 3]


def test_a_page_without_rows_is_kept_until_there_is_one(owner: Caller, ranges: list[Range]) -> None:
    path = "/api/range/?start__gt=1000&limit=2"
    counts = []
    for _ in range(5):
        with CaptureQueriesContext(connection) as captured:
            assert owner.get(path).json()["objects"] == []
        counts.append(sum('FROM "records_range"' in each["sql"] for each in captured))
    assert counts[0] > 0
    assert counts[-1] == 0
    moved(ranges[0])
    assert asked(owner, path).ids == [ranges[0].pk]


def test_a_long_page_is_read_anew_by_its_keys(owner: Caller, ranges: list[Range]) -> None:
    Range.objects.filter(pk=ranges[4].pk).update(note="n" * kept_pages.LONGEST)
    statements = [asked(owner).statement for _ in range(4)]
    assert None not in statements


def test_a_page_past_the_end_tells_the_total(owner: Caller, ranges: list[Range]) -> None:
    for _ in range(2):
        found = asked(owner, f"{LIST}&offset=77")
        assert (found.ids, found.total) == ([], 5)


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
    before = editions.read_edition(["records_label"])
    backends = []
    for _ in range(2):
        with another_connection() as other:
            other.execute(_LABEL, (owner.user.pk, "of another"))
            backends.append(other.info.backend_pid)
    while are_there(backends):
        continue
    editions.fold_editions()
    numbers = Edition.objects.filter(table="records_label")
    assert {row.backend for row in numbers} == {0, connection.connection.info.backend_pid}
    assert editions.read_edition(["records_label"]) != before


@pytest.mark.django_db
def test_tables_of_a_statement() -> None:
    found = editions.tables_of
    assert found("SELECT 1 FROM records_label") == ("records_label",)
    assert found("SELECT 1 FROM bookkeeping_algo") == ("records_record",)
    assert found("SELECT 1 FROM records_label, signals_chunk") is None


def test_a_shelf_holds_what_was_asked_for_last() -> None:
    shelf: BoundedCache[Any] = BoundedCache(2)
    for key in "ab":
        shelf.put(key, key)
    shelf.get("a")
    shelf.put("c", "c")
    assert [shelf.get(key) for key in "abc"] == ["a", None, "c"]


@pytest.mark.parametrize("path", ["/api/record/", "/api/range/", "/api/annotation/"])
def test_counting_joins_nothing_in(owner: Caller, path: str) -> None:
    """An index alone has the rows to count, and the keys."""
    Range.objects.create(user=owner.user, start=1, end=2)
    statement = str(asked(owner, path).statement)
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
        page = asked(outsider, path)
        assert page.total == 5
        found += page.ids
    assert found == [each.pk for each in ranges]


@pytest.mark.parametrize("offset", [2**62, 2**63 - 1])
def test_no_offset_is_too_large_to_tell_the_total(
    owner: Caller, staff: Caller, ranges: list[Range], offset: int
) -> None:
    for caller in (owner, staff):
        found = asked(caller, f"/api/range/?limit=20&offset={offset}")
        assert (found.ids, found.total) == ([], 5)
