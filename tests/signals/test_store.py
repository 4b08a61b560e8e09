"""What is written comes back, in the windows that are asked for."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from django.db import connection
from numpy.typing import NDArray

from apps.catalog.models import Datatype
from apps.records.models import Record
from apps.signals.models import Channel, Chunk
from apps.signals.storage import reader, store, thinning
from apps.signals.storage.reader import StoredChannel
from tests.signals.conftest import ECG, HR, RR, START

Datatypes = dict[int, Datatype]


def source(dataid: int) -> StoredChannel:
    found = Channel.objects.get(datatype_id=dataid)
    return StoredChannel(
        found.record_id, dataid, found.start, found.step or 0, found.count, found.dtype
    )


def samples_of(dataid: int, wanted: range) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    pieces = list(reader.read(reader.sample_parts(source(dataid), wanted)))
    ticks = np.concatenate([piece.timestamps for piece in pieces])
    return ticks, np.concatenate([piece.values for piece in pieces])


@pytest.fixture
def ecg(record: Record, datatypes: Datatypes) -> NDArray[np.int64]:
    """Four chunks, the last of a single sample."""
    counts = np.random.default_rng(7).integers(-2000, 2000, 3 * store.CHUNK + 1)
    store.write_channel(record, datatypes[ECG], counts)
    return counts


@pytest.mark.parametrize(
    "wanted",
    [
        range(98_305),
        range(32_760, 32_776),
        range(98_304, 98_305),
        range(5, 98_305, 7),
        range(1, 98_305, 40_000),
        range(0, 98_305, thinning.stride(98_305)),
    ],
)
def test_samples_come_back(ecg: NDArray[np.int64], wanted: range) -> None:
    ticks, values = samples_of(ECG, wanted)
    np.testing.assert_array_equal(values, ecg[wanted])
    np.testing.assert_array_equal(ticks, START + np.array(wanted))
    assert values.dtype == np.int16


def test_a_chunk_that_no_stride_touches_is_not_read(ecg: NDArray[np.int64]) -> None:
    parts = list(reader.sample_parts(source(ECG), range(0, 98_305, 70_000)))
    assert [part.start for part in parts] == [START, START + 2 * store.CHUNK]


def test_the_whole_channel_at_the_cap_needs_no_chunk(ecg: NDArray[np.int64]) -> None:
    Chunk.objects.all().delete()
    _, values = samples_of(ECG, range(0, len(ecg), 2))
    np.testing.assert_array_equal(values, ecg[::2])


def test_chunks_are_read_sixteen_to_a_statement(record: Record, datatypes: Datatypes) -> None:
    with patch.object(store, "CHUNK", 10), patch.object(reader, "CHUNK", 10):
        store.write_channel(record, datatypes[ECG], np.arange(170))
        with patch.object(reader, "_fetch", wraps=reader._fetch) as fetch:
            _, values = samples_of(ECG, range(170))
    np.testing.assert_array_equal(values, np.arange(170))
    assert [len(call.args[1]) for call in fetch.call_args_list if call.args[1]] == [16, 1]


def test_a_chunk_that_is_gone_is_left_out(ecg: NDArray[np.int64]) -> None:
    with patch.object(reader, "BATCH", 1):
        pieces = reader.read(reader.sample_parts(source(ECG), range(98_305)))
        next(pieces)
        Chunk.objects.filter(start=START + store.CHUNK).delete()
        assert len(list(pieces)) == 2


def test_a_channel_that_was_replaced_meanwhile_gives_nothing(
    record: Record, datatypes: Datatypes, ecg: NDArray[np.int64]
) -> None:
    before = source(ECG)
    parts = [*reader.sample_parts(before, range(0, len(ecg), 2))]
    parts += reader.sample_parts(before, range(5))
    store.write_channel(record, datatypes[ECG], ecg[:100])
    assert list(reader.read(parts)) == []


@pytest.mark.parametrize("size", [0, 1, 3, 4, 100])
def test_events_come_back(record: Record, datatypes: Datatypes, size: int) -> None:
    offsets, values = np.arange(size) * 10, np.arange(size) - 5
    with patch.object(store, "EVENTS", 4):
        store.write_events(record, datatypes[RR], offsets, values)
    pieces = list(reader.read(reader.event_parts([(source(RR), START, START + 10_000)])))
    assert [tick for p in pieces for tick in p.timestamps] == list(START + offsets)
    assert [value for p in pieces for value in p.values] == list(values)


@pytest.mark.parametrize(
    ("lower", "upper", "chunks"),
    [(0, 40, [0]), (39, 41, [0, 40]), (40, 41, [0, 40]), (41, 80, [40]), (999, 2000, [960])],
)
def test_a_window_of_events_finds_the_chunk_that_begins_before_it(
    record: Record, datatypes: Datatypes, lower: int, upper: int, chunks: list[int]
) -> None:
    with patch.object(store, "EVENTS", 4):
        store.write_events(record, datatypes[RR], np.arange(100) * 10, np.arange(100))
    parts = reader.event_parts([(source(RR), START + lower, START + upper)])
    assert [part.start for part in parts] == [START + chunk for chunk in chunks]


def test_writing_again_replaces(record: Record, datatypes: Datatypes) -> None:
    before = Channel.objects.get(datatype_id=HR).version
    store.write_channel(record, datatypes[HR], np.arange(70, 80))
    assert Channel.objects.get(datatype_id=HR).version == before
    store.write_channel(record, datatypes[HR], np.arange(5))
    assert Channel.objects.get(datatype_id=HR).version != before
    assert samples_of(HR, range(5))[1].tolist() == [0, 1, 2, 3, 4]
    assert Chunk.objects.filter(datatype_id=HR).count() == 1


def test_a_count_out_of_range_is_refused_with_its_place(
    record: Record, datatypes: Datatypes
) -> None:
    with pytest.raises(ValueError, match="position 2, column heart_rate: 65536 is no uint16"):
        store.write_channel(record, datatypes[HR], np.array([1, 2, 65_536]))
    assert samples_of(HR, range(10))[1].tolist() == list(range(70, 80))


def test_events_out_of_order_are_refused(record: Record, datatypes: Datatypes) -> None:
    with pytest.raises(ValueError, match="rising order"):
        store.write_events(record, datatypes[RR], np.array([2, 1]), np.array([0, 0]))
    with pytest.raises(ValueError, match="each event must have one offset"):
        store.write_events(record, datatypes[RR], np.array([1, 2]), np.array([0]))


def test_kinds_do_not_mix(record: Record, datatypes: Datatypes) -> None:
    with pytest.raises(ValueError, match="RR_interval: is asynchronous"):
        store.write_channel(record, datatypes[RR], np.arange(3))


def test_a_record_without_start_holds_nothing(record: Record, datatypes: Datatypes) -> None:
    record.start = None
    with pytest.raises(ValueError, match="has no start"):
        store.write_channel(record, datatypes[HR], np.arange(3))


def test_deleting_a_record_deletes_its_signals(record: Record) -> None:
    record.delete()
    assert not Chunk.objects.exists()
    assert not Channel.objects.exists()


def test_postgres_does_not_compress_again(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname, attstorage FROM pg_attribute "
            "WHERE attrelid IN ('signals_chunk'::regclass, 'signals_channel'::regclass) "
            "AND attname IN ('payload', 'overview') ORDER BY attname"
        )
        assert cursor.fetchall() == [("overview", "e"), ("payload", "e")]


def stored() -> list[tuple[object, ...]]:
    """Both channels and their chunks with everything in them."""
    channels = Channel.objects.filter(datatype__in=[ECG, RR]).order_by("datatype_id")
    chunks = Chunk.objects.filter(datatype__in=[ECG, RR]).order_by("datatype_id", "start")
    return [*channels.values_list(), *chunks.values_list()]


def test_channels_packed_elsewhere_are_stored_as_any_other(
    ecg: NDArray[np.int64], record: Record, datatypes: Datatypes
) -> None:
    beats = np.arange(3) * 200, np.array([1, 2, 3])
    store.write_events(record, datatypes[RR], *beats)
    before = stored()
    packed = [
        store.pack(record, datatypes[ECG], store.samples_of(datatypes[ECG], ecg)),
        store.pack(record, datatypes[RR], store.event_series(datatypes[RR], *beats)),
    ]
    store.write_packed(record, packed)  # in place of those
    assert stored() == before
    Chunk.objects.all().delete()
    Channel.objects.all().delete()
    store.write_packed(record, packed)
    assert stored() == before
