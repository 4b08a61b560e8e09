"""What is taken in and what is refused; channels that grow; what the record says of its data."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from apps.accounts.models import User
from apps.catalog.models import Datatype
from apps.records.models import Record
from apps.signals.models import Channel, Chunk
from apps.signals.storage import channel_growth, ingestion, reader, record_state, store, thinning
from apps.signals.storage.ingestion import IncomingColumn, IngestionError
from apps.signals.storage.reader import StoredChannel
from tests.signals.conftest import ECG, HR, RR, START, new_record

Datatypes = dict[int, Datatype]
Array = NDArray[np.int64]


def source(record: Record, dataid: int) -> StoredChannel:
    found = Channel.objects.get(record=record, datatype_id=dataid)
    return StoredChannel(record.pk, dataid, found.start, found.step or 0, found.count, found.dtype)


def stored(record: Record, dataid: int) -> list[tuple[int, Any]]:
    """Ticks and values of a whole channel."""
    known = source(record, dataid)
    parts = reader.sample_parts(known, range(known.count))
    if not known.step:
        parts = reader.event_parts([(known, START, START + 10**9)])
    pieces = list(reader.read(parts, strict=True))
    return [pair for p in pieces for pair in zip(p.timestamps.tolist(), p.values, strict=True)]


def row_versions(record: Record) -> list[tuple[Any, ...]]:
    """The chunks of a record with the transaction that wrote each, and the same of channels."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT datatype_id, start, ctid::text, xmin::text FROM signals_chunk "
            "WHERE record_id = %s UNION ALL SELECT datatype_id, 0, ctid::text, xmin::text "
            "FROM signals_channel WHERE record_id = %s ORDER BY 1, 2",
            [record.pk, record.pk],
        )
        return list(cursor.fetchall())


def test_the_same_samples_again_write_nothing(record: Record, datatypes: Datatypes) -> None:
    before = row_versions(record)
    beats = np.arange(0, 2560, 200)
    assert not store.write_channel(record, datatypes[HR], np.arange(70, 80))
    assert not store.write_events(record, datatypes[RR], beats, np.diff(beats, prepend=0))
    assert row_versions(record) == before
    assert store.write_channel(record, datatypes[HR], np.arange(71, 81))
    assert row_versions(record) != before


def test_the_same_samples_again_are_not_packed(record: Record, datatypes: Datatypes) -> None:
    with patch("apps.signals.storage.codec.pack") as pack:
        store.write_channel(record, datatypes[HR], np.arange(70, 80))
    pack.assert_not_called()


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ([1, -1], "position 1, column heart_rate: -1 is no uint16"),
        ([1, 2, 65_536], "position 2, column heart_rate: 65536 is no uint16"),
        ([1.0, 2.0], "column heart_rate: expected integers, not float64"),
        ([1.0, float("nan")], "column heart_rate: expected integers, not float64"),
    ],
)
def test_counts_that_do_not_fit(
    record: Record, datatypes: Datatypes, numbers: list[float], text: str
) -> None:
    for write in (store.write_channel, channel_growth.extend_channel):
        with pytest.raises(IngestionError, match=f"^{text}$"):
            write(record, datatypes[HR], np.array(numbers))
    assert [value for _, value in stored(record, HR)] == list(range(70, 80))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        ([1, 2, 4], "row 12, column heart_rate: a gap of 1 samples before tick 1280"),
        ([2, 3], "row 10, column heart_rate: a gap of 1 samples before tick 768"),
        ([1, 2, 2], "row 12, column heart_rate: tick 768 overlaps what came before"),
        ([1, 2, 1], "row 12, column heart_rate: tick 512 overlaps what came before"),
        ([0, 1], "row 10, column heart_rate: tick 256 is before the first sample"),
        ([1, 2.5], "row 11, column heart_rate: tick 896 is off the grid of a sample every 256"),
    ],
)
def test_ticks_beside_the_grid(seconds: list[float], text: str) -> None:
    heart_rate = Datatype(dataid=HR, name="heart_rate", hexo_freq=256, first_sample=256)
    ticks = (256 + 256 * np.array(seconds)).astype(np.int64)
    column = IncomingColumn("heart_rate", np.arange(10, 10 + len(ticks)))
    with pytest.raises(IngestionError, match=text):
        ingestion.require_grid(column, heart_rate, 256, ticks)


@given(st.integers(0, 10**12), st.integers(1, 300), st.integers(0, 300), st.integers(0, 50))
def test_ticks_on_the_grid(start: int, step: int, first: int, count: int) -> None:
    datatype = Datatype(dataid=1, name="any", hexo_freq=step, first_sample=first)
    ticks = start + first + step * np.arange(count)
    ingestion.require_grid(IncomingColumn("any"), datatype, start, ticks)


def test_events_on_a_grid_make_no_sense(datatypes: Datatypes) -> None:
    with pytest.raises(IngestionError, match="RR_interval is asynchronous"):
        ingestion.require_grid(IncomingColumn("RR_interval"), datatypes[RR], 0, np.arange(3))


def test_events_say_where_they_fall(record: Record, datatypes: Datatypes) -> None:
    with pytest.raises(IngestionError, match="position 1, column RR_interval: offset 1 overlaps"):
        store.write_events(record, datatypes[RR], np.array([2, 1]), np.array([0, 0]))
    with pytest.raises(IngestionError, match="position 0, column RR_interval: offset -1 overlaps"):
        store.write_events(record, datatypes[RR], np.array([-1]), np.array([0]))
    with pytest.raises(IngestionError, match="heart_rate: is synchronous"):
        store.write_events(record, datatypes[HR], np.array([1]), np.array([0]))
    with (
        patch.object(store, "EVENTS", 2),
        pytest.raises(IngestionError, match=f"more than 2 events at tick {START + 5}"),
    ):
        store.write_events(record, datatypes[RR], np.full(4, 5), np.arange(4))


CUTS = st.lists(st.integers(0, 23), min_size=1, max_size=6)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None
)
@given(cuts=CUTS)
def test_a_channel_that_grows_is_like_one_written_whole(
    record: Record, datatypes: Datatypes, cuts: list[int]
) -> None:
    counts = np.random.default_rng(cuts).integers(0, 200, sum(cuts))
    Record.objects.filter(pk=38).delete()
    other = new_record(record.user, id=38)
    with patch.object(store, "CHUNK", 8), patch.object(reader, "CHUNK", 8):
        for piece in np.split(counts, np.cumsum(cuts)[:-1]):
            channel_growth.extend_channel(other, datatypes[HR], piece)
        store.write_channel(record, datatypes[HR], counts)
        assert stored(other, HR) == stored(record, HR)
    assert summary(other, HR) == summary(record, HR)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None
)
@given(cuts=CUTS)
def test_events_that_grow_are_like_those_written_whole(
    record: Record, datatypes: Datatypes, cuts: list[int]
) -> None:
    random = np.random.default_rng(cuts)
    offsets = np.cumsum(random.integers(0, 300, sum(cuts)))
    offsets += np.arange(len(offsets))
    values = random.integers(-5, 300, len(offsets))
    Record.objects.filter(pk=38).delete()
    other = new_record(record.user, id=38)
    at = np.cumsum(cuts)[:-1]
    with patch.object(store, "EVENTS", 8):
        pieces = zip(np.split(offsets, at), np.split(values, at), strict=True)
        for ticks, counts in pieces:
            channel_growth.extend_events(other, datatypes[RR], ticks, counts)
        store.write_events(record, datatypes[RR], offsets, values)
    assert stored(other, RR) == stored(record, RR)
    assert summary(other, RR) == summary(record, RR)


def summary(record: Record, dataid: int) -> tuple[Any, ...]:
    """What sums a channel up, and the sizes of its chunks."""
    found = Channel.objects.get(record=record, datatype_id=dataid)
    chunks = Chunk.objects.filter(record=record, datatype_id=dataid).order_by("start")
    overview = None if found.overview is None else bytes(found.overview)
    sizes = list(chunks.values_list("start", "count"))
    return found.start, found.step, found.count, found.dtype, bytes(found.version), overview, sizes


@pytest.mark.parametrize(
    "sizes",
    [(65_535, 1, 1), (65_537, 3, 65_000, 40_000), (32_768, 32_768, 1, 131_072), (10, 200_000)],
)
def test_the_overview_grows_with_its_channel(
    record: Record, datatypes: Datatypes, sizes: tuple[int, ...]
) -> None:
    counts = np.random.default_rng(3).integers(-2000, 2000, sum(sizes))
    other = new_record(record.user, id=38)
    for piece in np.split(counts, np.cumsum(sizes)[:-1]):
        channel_growth.extend_channel(other, datatypes[ECG], piece)
        held = Channel.objects.get(record=other)
        assert (held.overview is None) == (held.count <= thinning.LIMIT)
    store.write_channel(record, datatypes[ECG], counts)
    assert summary(other, ECG) == summary(record, ECG)


def test_full_chunks_stay_untouched(record: Record, datatypes: Datatypes) -> None:
    with patch.object(store, "CHUNK", 4), patch.object(reader, "CHUNK", 4):
        store.write_channel(record, datatypes[HR], np.arange(10))
        before = {row[1]: row for row in row_versions(record) if row[0] == HR and row[1]}
        channel_growth.extend_channel(record, datatypes[HR], np.arange(10, 20))
        after = {row[1]: row for row in row_versions(record) if row[0] == HR and row[1]}
    starts = sorted(before)
    assert [after[start] == before[start] for start in starts] == [True, True, False]
    assert len(after) == 5


def test_who_reads_meanwhile_gets_the_old_state(record: Record, datatypes: Datatypes) -> None:
    known, whole = source(record, HR), range(10)
    parts = list(reader.sample_parts(known, whole))
    channel_growth.extend_channel(record, datatypes[HR], np.arange(100, 103))
    (piece,) = reader.read(parts, strict=True)
    assert piece.values.tolist() == list(range(70, 80))


def test_nothing_to_add_writes_nothing(record: Record, datatypes: Datatypes) -> None:
    before = row_versions(record)
    channel_growth.extend_channel(record, datatypes[HR], np.array([], np.int64))
    channel_growth.extend_events(record, datatypes[RR], np.array([], int), np.array([], int))
    assert row_versions(record) == before


def test_events_may_not_be_added_before_stored_ones(record: Record, datatypes: Datatypes) -> None:
    with pytest.raises(IngestionError, match="position 0, column RR_interval: offset 2399 overl"):
        channel_growth.extend_events(record, datatypes[RR], np.array([2399]), np.array([1]))
    channel_growth.extend_events(record, datatypes[RR], np.array([2400]), np.array([1]))
    assert stored(record, RR)[-2:] == [(START + 2400, 200), (START + 2400, 1)]


def test_what_grows_keeps_its_kind(record: Record, datatypes: Datatypes) -> None:
    with pytest.raises(IngestionError, match="RR_interval: is asynchronous"):
        channel_growth.extend_channel(record, datatypes[RR], np.array([1]))
    with pytest.raises(IngestionError, match="RR_interval: expected integers"):
        channel_growth.extend_events(record, datatypes[RR], np.array([9999]), np.array([1.5]))


@pytest.mark.django_db(transaction=True)
def test_two_writers_lose_nothing(record: Record, datatypes: Datatypes) -> None:
    def add(number: int) -> None:
        channel_growth.extend_channel(record, datatypes[HR], np.full(5, number))
        connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(20)))
    values = [value for _, value in stored(record, HR)][10:]
    assert sorted(values) == sorted(list(range(20)) * 5)
    assert all(len(set(values[at : at + 5])) == 1 for at in range(0, 100, 5))


def test_a_record_is_deleted_without_reading_its_signals(record: Record) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        record.delete()
    assert not Chunk.objects.exists()
    assert not Channel.objects.exists()
    statements = [query["sql"] for query in queries if '"signals_' in query["sql"]]
    assert [sql.split(" WHERE")[0] for sql in statements] == [
        'DELETE FROM "signals_channel"',
        'DELETE FROM "signals_chunk"',
    ]


def test_the_end_follows_the_longest_channel(record: Record, datatypes: Datatypes) -> None:
    assert record.end == START + 2560
    store.write_channel(record, datatypes[ECG], np.zeros(2600, np.int16))
    record_state.settle(record)
    assert (record.end, Record.objects.get().end) == (START + 2600, START + 2600)
    store.write_events(record, datatypes[RR], np.array([0, 2601]), np.array([1, 2]))
    record_state.settle(record)
    assert record.end == START + 2601
    store.write_channel(record, datatypes[ECG], np.zeros(10, np.int16))
    record_state.settle(record)
    assert Record.objects.get().end == START + 2601, "the declared end stays"


def test_the_end_of_a_record_without_one(athlete: User, datatypes: Datatypes) -> None:
    made = Record.objects.create(user=athlete, start=START)
    record_state.settle(made)
    assert Record.objects.get().end is None
    store.write_channel(made, datatypes[HR], np.arange(70, 80))
    record_state.settle(made)
    assert made.end == START + 2560
    nowhere = Record.objects.create(user=athlete)
    record_state.settle(nowhere)
    assert (nowhere.end, nowhere.data_status) == (None, {})


def test_a_record_that_is_right_is_not_saved(record: Record) -> None:
    record_state.settle(record)
    before = Record.objects.get().last_modified
    record_state.settle(record)
    assert Record.objects.get().last_modified == before


def test_upkeep_costs_the_same_for_any_number_of_channels(
    record: Record, datatypes: Datatypes, django_assert_num_queries: Any
) -> None:
    record_state.settle(record)
    # savepoint, record, longest channel, derived ones, job, bell, savepoint
    with django_assert_num_queries(7):
        record_state.settle(record)
    for dataid in (17, 34, 35, 52, 269):
        store.write_events(record, datatypes[dataid], np.arange(3), np.arange(3))
    with django_assert_num_queries(7):
        record_state.settle(record)


def test_the_life_of_a_record(record: Record, datatypes: Datatypes) -> None:
    Record.objects.update(status="realtime")
    record_state.settle(record)
    absent = ("4129", "4130", "4145", "4146", "4147")
    assert record.data_status == dict.fromkeys(absent, "pending")
    for dataid in (4129, 4130, 4145, 4146):
        store.write_channel(record, datatypes[dataid], np.zeros(10, np.int16))
    record_state.advance(record, "syncing")
    assert (record.status, record.data_status) == ("syncing", {"4147": "pending"})
    record_state.advance(record, "processing")
    assert record.data_status == {}
    record_state.advance(record, "complete")
    assert Record.objects.get().status == "complete"


def test_impossible_statuses(record: Record) -> None:
    text = "record 37 cannot become 'realtime': after 'complete' comes queued, processing"
    with pytest.raises(record_state.StatusError, match=text):
        record_state.advance(record, "realtime")
    record_state.advance(record, "complete")
    Record.objects.update(status="lost")
    with pytest.raises(record_state.StatusError, match="after 'lost' comes nothing"):
        record_state.advance(record, "complete")


def test_every_status_leads_to_known_ones_and_to_the_end() -> None:
    table = record_state.TRANSITIONS
    assert {name for following in table.values() for name in following} <= set(table)
    reached, known = {"complete"}, 0
    while known != len(reached):
        known = len(reached)
        reached |= {name for name, following in table.items() if reached & set(following)}
    assert reached == set(table)
