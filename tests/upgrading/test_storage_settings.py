"""What the migrations tell PostgreSQL about tables and their indexes (docs/tables.md)."""

from __future__ import annotations

import pytest
from django.db import connection

from apps.metrics.models import RangeResults
from apps.records.models import Range
from tests.people import new_user

pytestmark = pytest.mark.django_db

_OPTIONS = """
    SELECT owner.reloptions, toast.reloptions FROM pg_class AS owner
    LEFT JOIN pg_class AS toast ON toast.oid = owner.reltoastrelid WHERE owner.relname = %s
"""
_DOUBLED = """
    SELECT one.indexrelid::regclass::text FROM pg_index AS one JOIN pg_index AS other
        ON other.indrelid = one.indrelid AND other.indisunique AND NOT one.indisunique
    WHERE one.indrelid::regclass::text = ANY(%s) AND one.indexprs IS NULL
        AND one.indpred IS NULL AND other.indpred IS NULL
        AND (other.indkey::text || ' ') LIKE (one.indkey::text || ' %%')
"""
SOON = ["autovacuum_vacuum_scale_factor=0.02"]
ROOM = ["fillfactor=70"]
ONCE_INDEXED = [
    "credentials_oauth1requesttoken", "credentials_oauth1token", "credentials_onetimetoken",
    "credentials_ratecounter", "credentials_revokedtoken", "credentials_spentcode",
    "records_range_labels", "records_trainingsession_users",
]  # fmt: skip


@pytest.mark.parametrize(
    ("table", "own", "toast"),
    [
        ("signals_chunk", SOON, SOON),
        ("signals_channel", None, SOON),
        ("metrics_recordresults", ROOM, None),
        ("metrics_rangeresults", ROOM, None),
        ("tracks_trackpoint", None, None),
    ],
)
def test_tables_have_the_settings_that_the_page_names(
    table: str, own: list[str] | None, toast: list[str] | None
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_OPTIONS, [table])
        assert cursor.fetchone() == (own, toast)


def test_no_column_of_these_tables_is_indexed_twice() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_DOUBLED, [ONCE_INDEXED])
        assert cursor.fetchall() == []


def test_results_that_are_written_again_leave_the_index_as_it_is() -> None:
    """Each row has room on its page for its next version, even if the page was filled before."""
    user = new_user("ada")
    user.save()
    ranges = [Range.objects.create(user=user, start=n, end=n + 1) for n in range(100)]
    metrics = {str(number): [72.5, None] for number in range(20)}
    RangeResults.objects.bulk_create(
        RangeResults(range=each, fingerprint="a" * 32, metrics=metrics) for each in ranges
    )
    for each in ranges[::10]:
        RangeResults.objects.filter(pk=each.pk).update(fingerprint="b" * 32)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_stat_get_xact_tuples_hot_updated(oid), pg_stat_get_xact_tuples_updated(oid)"
            " FROM pg_class WHERE relname = 'metrics_rangeresults'"
        )
        assert cursor.fetchone() == (10, 10)
