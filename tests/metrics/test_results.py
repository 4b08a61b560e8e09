"""What is kept of metrics: used while nothing has changed that they depend on, and never after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from django.db import connection, transaction

from apps.accounts.models import Profile, User
from apps.api import kept_pages
from apps.catalog.models import ActivityAttribute, Datatype
from apps.metrics import results
from apps.metrics.evaluation import evaluate_each
from apps.metrics.models import RangeResults, RecordResults
from apps.records.models import ActivityAttributeValue, Range, Record
from apps.signals.storage import channel_growth, record_state
from apps.signals.storage import store as signals
from tests.catalogue import load_catalogue
from tests.databases import another_connection
from tests.signals.conftest import HR, START, client_of, new_record

RUNNING, WALKING = 10, 12
QUERY = "include_metrics=44,46,1,71"


@pytest.fixture(autouse=True)
def catalogue(db: None) -> Iterator[None]:
    load_catalogue()
    kept_pages.forget_pages()
    yield
    kept_pages.forget_pages()


@pytest.fixture
def running(athlete: User, record: Record) -> Range:
    Profile.objects.create(user=athlete, fitness={"hr_max": 190})
    return Range.objects.create(
        user=athlete, start=START, end=START + 256 * 20, activitytype_id=RUNNING
    )


def shown(user: User, path: str) -> dict[int, tuple[Any, Any]]:
    """Value and zones by metric, of the one object of a list."""
    (found,) = client_of(user).get(f"/api/{path}").json()["objects"]
    return {each["id"]: (each["value"], each["zones"]) for each in found["metrics"]}


def shown_anew(user: User, path: str) -> dict[int, tuple[Any, Any]]:
    """The same with nothing kept anywhere."""
    kept_pages.forget_pages()
    RangeResults.objects.all().delete()
    RecordResults.objects.all().delete()
    return shown(user, path)


Change = Callable[[Range, Record, dict[int, Datatype]], object]


def data_are_written(one: Range, record: Record, datatypes: dict[int, Datatype]) -> None:
    signals.write_channel(record, datatypes[HR], np.arange(100, 110))


def data_are_appended(one: Range, record: Record, datatypes: dict[int, Datatype]) -> None:
    channel_growth.extend_channel(record, datatypes[HR], np.full(10, 150))
    record_state.settle(record)


def data_are_appended_only(one: Range, record: Record, datatypes: dict[int, Datatype]) -> None:
    """As in a transaction of its own before the record is settled."""
    Record.objects.filter(pk=record.pk).update(end=START + 256 * 20)
    channel_growth.extend_channel(record, datatypes[HR], np.full(5, 150))


def a_record_is_deleted(one: Range, record: Record, datatypes: dict[int, Datatype]) -> None:
    record.delete()


def a_record_is_moved(one: Range, record: Record, datatypes: dict[int, Datatype]) -> None:
    Record.objects.filter(pk=record.pk).update(end=START + 256 * 4)


def a_range_is_moved(one: Range, record: Record, datatypes: dict[int, Datatype]) -> None:
    answer = client_of(one.user).patch(
        f"/api/range/{one.pk}/", {"end": START + 256 * 4}, format="json"
    )
    assert answer.status_code == 202


def a_range_is_retyped(one: Range, record: Record, datatypes: dict[int, Datatype]) -> None:
    Range.objects.filter(pk=one.pk).update(activitytype_id=8)


def a_profile_is_changed(one: Range, record: Record, datatypes: dict[int, Datatype]) -> None:
    zones = [0, 60, 70, 80, 90, 100]
    Profile.objects.filter(user=one.user).update(zones=zones)


def another_record_begins(one: Range, record: Record, datatypes: dict[int, Datatype]) -> None:
    other = new_record(one.user, START + 256 * 12)
    signals.write_channel(other, datatypes[HR], np.full(10, 180))


def the_catalogue_changes(one: Range, record: Record, datatypes: dict[int, Datatype]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_metric SET zones = '[1, 2, 3]' WHERE id = 71")


OF_RANGES: list[Change] = [
    data_are_written,
    data_are_appended,
    data_are_appended_only,
    a_record_is_deleted,
    a_record_is_moved,
    a_range_is_moved,
    a_range_is_retyped,
    a_profile_is_changed,
    another_record_begins,
    the_catalogue_changes,
]
OF_RECORDS: list[Change] = [
    data_are_written,
    data_are_appended,
    data_are_appended_only,
    a_record_is_moved,
    a_profile_is_changed,
    the_catalogue_changes,
]


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("change", OF_RANGES)
def test_a_list_of_ranges_is_never_old(
    athlete: User,
    record: Record,
    datatypes: dict[int, Datatype],
    running: Range,
    change: Change,
    times: int,
) -> None:
    path = f"range/?{QUERY}"
    before = [shown(athlete, path) for _ in range(times)]
    change(running, record, datatypes)
    found = [shown(athlete, path) for _ in range(3)]
    assert list(found[0].items()) != list(before[0].items())
    assert found == [shown_anew(athlete, path)] * 3


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("change", OF_RECORDS)
def test_a_list_of_records_is_never_old(
    athlete: User,
    record: Record,
    datatypes: dict[int, Datatype],
    running: Range,
    change: Change,
    times: int,
) -> None:
    path = f"record/?{QUERY}"
    before = [shown(athlete, path) for _ in range(times)]
    change(running, record, datatypes)
    found = [shown(athlete, path) for _ in range(3)]
    assert list(found[0].items()) != list(before[0].items())
    assert found == [shown_anew(athlete, path)] * 3


def test_the_distance_of_a_test_changes_it(
    athlete: User, record: Record, datatypes: dict[int, Datatype]
) -> None:
    """VO2max by the distance that somebody entered for a Cooper test."""
    cooper = Range.objects.create(
        user=athlete, start=START, end=START + 2560, trainingroutine_id=1014
    )
    distance = ActivityAttribute.objects.get(pk=1)
    path = "range/?include_metrics=9025"
    found = []
    for kilometres in (2.0, 3.0):
        ActivityAttributeValue.objects.update_or_create(
            range=cooper, activityattribute=distance, defaults={"value": kilometres}
        )
        found.append(shown(athlete, path)[9025])
        assert shown_anew(athlete, path)[9025] == found[-1]
    assert found[0] != found[1]


def test_what_is_kept_is_not_computed_again(athlete: User, running: Range) -> None:
    shown(athlete, f"range/?{QUERY}")
    with patch.object(results, "evaluate_each", side_effect=AssertionError):
        shown(athlete, f"range/?{QUERY}&rank=0")
    with patch.object(results, "evaluate_each", wraps=evaluate_each) as computed:
        shown(athlete, f"range/?{QUERY},47")
    ((_, metrics),) = computed.call_args.args[0]
    assert metrics == [47]


def test_a_page_with_metrics_is_kept(athlete: User, running: Range) -> None:
    """Neither its rows nor its metrics are looked up again."""
    path = f"range/?{QUERY}"
    for _ in range(3):
        expected = shown(athlete, path)
    with patch.object(results, "read_results", side_effect=AssertionError):
        assert shown(athlete, path) == expected


def test_what_changes_meanwhile_is_not_kept(
    athlete: User, record: Record, datatypes: dict[int, Datatype], running: Range
) -> None:
    """Samples that are written after the fingerprint was made, and before they are read."""

    def written_first(asked: Any) -> Any:
        data_are_written(running, record, datatypes)
        return evaluate_each(asked)

    with patch.object(results, "evaluate_each", written_first):
        shown(athlete, f"range/?{QUERY}")
    assert not RangeResults.objects.exists()
    assert shown(athlete, f"range/?{QUERY}")[44][0] == 104.5


def test_other_definitions_make_other_results(
    athlete: User, running: Range, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown(athlete, f"range/?{QUERY}")
    kept_pages.forget_pages()
    monkeypatch.setattr("apps.metrics.fingerprints.digest_program", lambda _: "another")
    with patch.object(results, "evaluate_each", wraps=evaluate_each) as computed:
        shown(athlete, f"range/?{QUERY}")
    assert computed.called


def test_results_go_with_their_objects(athlete: User, record: Record, running: Range) -> None:
    shown(athlete, f"range/?{QUERY}")
    shown(athlete, f"record/?{QUERY}")
    assert (RangeResults.objects.count(), RecordResults.objects.count()) == (1, 1)
    assert client_of(athlete).delete(f"/api/range/{running.pk}/").status_code == 204
    assert client_of(athlete).delete(f"/api/record/{record.pk}/").status_code == 204
    assert (RangeResults.objects.count(), RecordResults.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_who_reads_waits_for_nobody(athlete: User, running: Range) -> None:
    """Of what somebody has locked nothing is kept, and nothing is waited for."""
    with another_connection() as other:
        other.execute("SELECT FROM records_range WHERE id = %s FOR UPDATE", [running.pk])
        assert shown(athlete, f"range/?{QUERY}")[44][0] == 74.5
    assert not RangeResults.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_another_process_wrote_shows_at_once(athlete: User, running: Range) -> None:
    path = f"range/?{QUERY}"
    for _ in range(3):
        before = shown(athlete, path)
    with another_connection(autocommit=True) as other:
        other.execute("DELETE FROM signals_chunk WHERE datatype_id = %s", [HR])
        other.execute("DELETE FROM signals_channel WHERE datatype_id = %s", [HR])
    found = shown(athlete, path)
    assert (before[44][0], found[44][0]) == (74.5, None)
    assert found == shown_anew(athlete, path)


@pytest.mark.django_db(transaction=True)
def test_a_database_that_only_reads_answers_with_metrics(athlete: User, running: Range) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
        assert shown(athlete, f"range/?{QUERY}")[44][0] == 74.5
    assert not RangeResults.objects.exists()
