"""Chunks in an object store are read, added to and deleted like those in rows."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from psycopg.pq import TransactionStatus

from apps.accounts.models import User
from apps.catalog.models import Datatype
from apps.records.models import Record
from apps.signals.models import Channel, Chunk
from apps.signals.storage import channel_growth, last_items, reader, record_state, store
from apps.signals.storage.gathering import Need, Stretch, gather
from apps.signals.storage.objects import names
from apps.signals.storage.objects.bucket import Bucket, bucket
from apps.signals.storage.objects.failures import ObjectStoreOutage
from apps.signals.storage.reader import StoredChannel
from hexostore.outages import Formatter
from tests.signals.conftest import ECG, HR, RR, START, client_of, new_record

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db

LONG = 3 * store.CHUNK + 100
ECG_COUNTS = np.resize(np.arange(0, 4000, 7), LONG)


@pytest.fixture
def usual(athlete: User, datatypes: dict[int, Datatype]) -> Record:
    """A record in rows, made before there is an object store."""
    return filled(new_record(athlete, seconds=LONG // 256), datatypes)


def filled(record: Record, datatypes: dict[int, Datatype]) -> Record:
    store.write_channel(record, datatypes[ECG], ECG_COUNTS)
    store.write_channel(record, datatypes[HR], np.arange(70, 270))
    beats = np.arange(0, 2_000_000, 200)
    store.write_events(record, datatypes[RR], beats, np.diff(beats, prepend=0))
    return record


def read_all(record: Record, datatype: int) -> Any:
    row = Channel.objects.get(record=record, datatype=datatype)
    source = StoredChannel(record.pk, datatype, row.start, row.step or 0, row.count, row.dtype)
    if source.step:
        parts = list(reader.sample_parts(source, range(source.count)))
    else:
        parts = list(reader.event_parts([(source, source.start, source.start + 2**40)]))
    return np.concatenate([piece.values for piece in reader.read(parts, strict=True)])


def stored_names() -> list[bytes]:
    return [bytes(name) for name in Chunk.objects.values_list("object", flat=True) if name]


def test_a_row_names_its_object_and_has_no_payload(
    objects: str, record: Record, datatypes: dict[int, Datatype]
) -> None:
    chunks = list(Chunk.objects.filter(record=record))
    assert len(chunks) == 4
    for chunk in chunks:
        assert chunk.payload is None
        assert chunk.size is not None
        name = bytes(chunk.object or b"")
        assert names.fits(name, bucket().get(name))


def test_objects_are_below_two_levels_of_folders(folder: Any, record: Record) -> None:
    found = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
    assert found == {names.key_of(name) for name in stored_names()}
    assert all(key[:2] == key[6:8] and key[3:5] == key[8:10] for key in found)


@pytest.mark.parametrize("datatype", [ECG, HR, RR])
def test_what_is_in_objects_reads_like_rows(
    usual: Record, datatype: int, objects: str, athlete: User, datatypes: dict[int, Datatype]
) -> None:
    record = filled(new_record(athlete, START + 10**8), datatypes)
    assert not Chunk.objects.filter(record=record).exclude(payload=None).exists()
    assert not Chunk.objects.filter(record=usual).exclude(object=None).exists()
    assert np.array_equal(read_all(record, datatype), read_all(usual, datatype))


def test_reading_takes_as_many_statements(
    usual: Record, folder: Any, athlete: User, datatypes: dict[int, Datatype]
) -> None:
    record = filled(new_record(athlete, START + 10**8), datatypes)
    client = client_of(athlete)
    counts = []
    for each in (usual, record):
        asked: dict[str, int] = {"record": each.pk, "datatype": ECG, "start": START}
        client.get("/api/data/", asked)
        with CaptureQueriesContext(connection) as told:
            assert client.get("/api/data/", asked).status_code == 200
        counts.append(len(told))
    assert counts[0] == counts[1]


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_objects_are_read(
    folder: Any, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual_get, seen = Bucket.get, []

    def get(self: Bucket, name: bytes) -> bytes:
        seen.append(raw.info.transaction_status)
        return usual_get(self, name)

    monkeypatch.setattr(Bucket, "get", get)
    raw: Any = connection.connection
    read_all(record, ECG)
    gather([[Stretch(record.pk, START, START + 1000)]], [Need(series=frozenset([ECG]))])
    assert seen == [TransactionStatus.IDLE] * 2


@pytest.mark.parametrize("format_name", ["zip", "edf", "csv"])
def test_a_file_has_the_same_bytes(
    usual: Record,
    objects: str,
    format_name: str,
    athlete: User,
    datatypes: dict[int, Datatype],
    settings: Settings,
) -> None:
    def body() -> bytes:
        path = f"/api/data/?record={usual.pk}&format={format_name}"
        answer = client_of(athlete).get(path)
        assert answer.status_code == 200
        return b"".join(answer) if answer.streaming else answer.content

    before = body()
    Channel.objects.filter(record=usual).delete()
    Chunk.objects.filter(record=usual).delete()
    filled(usual, datatypes)
    assert stored_names()
    after = body()
    if format_name == "zip":
        assert unzipped(after) == unzipped(before)
    else:
        assert after == before


def unzipped(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as found:
        return {name: found.read(name) for name in found.namelist()}


def test_stretches_are_gathered_from_objects_and_rows(
    usual: Record, objects: str, athlete: User, datatypes: dict[int, Datatype]
) -> None:
    record = filled(new_record(athlete, START), datatypes)
    need = Need(
        counts=frozenset([HR]), numbers=frozenset([RR]), series=frozenset([ECG]),
        states=frozenset([RR]),
    )  # fmt: skip
    halves = [[Stretch(each.pk, START + 100, START + 150_000)] for each in (usual, record)]
    in_rows, in_objects = gather(halves, [need, need])
    assert in_rows.numbers == in_objects.numbers
    assert np.array_equal(in_rows.series_of(ECG).values, in_objects.series_of(ECG).values)
    assert np.array_equal(in_rows.counts_of(HR).counts, in_objects.counts_of(HR).counts)
    ((_, states),) = in_rows.states[RR]
    assert np.array_equal(states.ticks, in_objects.states[RR][0][1].ticks)
    both = [[*halves[0], Stretch(record.pk, START + 150_000, START + 160_000)]]
    assert len(gather(both, [need])[0].series_of(ECG).ticks)


def test_the_last_event_is_found_in_an_object(objects: str, record: Record) -> None:
    assert last_items.last_events([record.pk]) == {record.pk: START + 2400}
    record_state.settle(record)


def test_a_channel_grows_in_its_row_until_a_chunk_is_full(
    objects: str, record: Record, datatypes: dict[int, Datatype]
) -> None:
    added = np.resize(np.arange(50), store.CHUNK)
    channel_growth.extend_channel(record, datatypes[ECG], added)
    first, last = Chunk.objects.filter(record=record, datatype=ECG).order_by("start")
    assert first.count == store.CHUNK
    assert first.payload is None
    assert last.count == 2560
    assert last.object is None
    channel_growth.extend_channel(record, datatypes[ECG], added)
    expected = np.concatenate([np.arange(2560), added, added])
    assert np.array_equal(read_all(record, ECG), expected)
    channel_growth.extend_events(record, datatypes[RR], np.array([3000]), np.array([1]))
    assert len(read_all(record, RR)) == 14


def test_a_long_channel_that_grows_reads_its_objects_for_the_overview(
    objects: str, usual: Record, datatypes: dict[int, Datatype]
) -> None:
    store.write_channel(usual, datatypes[ECG], ECG_COUNTS[:-1])
    channel_growth.extend_channel(usual, datatypes[ECG], ECG_COUNTS[-1:])
    grown = Channel.objects.get(record=usual, datatype=ECG)
    store.write_channel(usual, datatypes[ECG], ECG_COUNTS[:50])
    store.write_channel(usual, datatypes[ECG], ECG_COUNTS)
    anew = Channel.objects.get(record=usual, datatype=ECG)
    assert (grown.count, grown.overview, grown.version) == (
        anew.count, anew.overview, anew.version,
    )  # fmt: skip


def test_the_same_samples_are_not_stored_again(
    objects: str, record: Record, datatypes: dict[int, Datatype]
) -> None:
    before = stored_names()
    assert not store.write_channel(record, datatypes[ECG], np.arange(2560))
    assert stored_names() == before
    assert store.write_channel(record, datatypes[ECG], np.arange(1, 2561))
    assert stored_names() != before


def test_a_packed_channel_goes_into_objects(
    objects: str, record: Record, datatypes: dict[int, Datatype]
) -> None:
    packed = store.pack(record, datatypes[HR], store.samples_of(datatypes[HR], np.arange(9)))
    store.write_packed(record, [packed])
    assert Chunk.objects.get(record=record, datatype=HR).payload is None
    assert list(read_all(record, HR)) == list(range(9))


def test_without_the_variable_everything_stays_in_rows(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "obstore", None)
    assert not Chunk.objects.exclude(object=None).exists()
    assert len(read_all(record, ECG)) == 2560


def test_without_the_variable_what_is_in_objects_is_unavailable(
    folder: Any,
    record: Record,
    athlete: User,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.HEXOSTORE_CHUNKS = ""
    answer = client_of(athlete).get("/api/data/", {"record": record.pk, "datatype": ECG})
    assert answer.status_code == 503
    assert answer["Retry-After"]
    (logged,) = [each for each in caplog.records if each.name == "hexostore.api"]
    line = Formatter("{levelname} {message}", style="{").format(logged)
    assert line == (
        "ERROR the object store is unavailable: "
        "HEXOSTORE_CHUNKS is not set, but there are chunks in objects"
    )


def test_a_folder_that_is_no_longer_mounted_is_an_outage(folder: Path) -> None:
    place = Bucket(f"file://{folder}")
    name = names.new_name(b"samples")
    place.put(name, b"samples")
    mounted = folder.rename(folder.parent / "elsewhere")
    folder.mkdir()  # the place at which it was mounted
    with pytest.raises(ObjectStoreOutage, match="mount it"):
        place.get(name)
    with pytest.raises(ObjectStoreOutage, match="mount it"):
        place.put(name, b"samples")
    assert list(folder.iterdir()) == []
    folder.rmdir()
    mounted.rename(folder)
    assert place.get(name) == b"samples"
