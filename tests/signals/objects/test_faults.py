"""What happens when the object store fails, for a moment and for longer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from django.db import connection

from apps.accounts.models import User
from apps.catalog.models import Datatype
from apps.records.models import Record
from apps.signals.models import Chunk
from apps.signals.storage import store
from apps.signals.storage.objects import names
from apps.signals.storage.objects.bucket import TRIES, Bucket, bucket
from apps.signals.storage.objects.failures import DamagedObject, ObjectStoreOutage
from apps.signals.storage.reader import Gone
from hexostore.outages import is_outage
from tests.signals.conftest import ECG, HR, client_of, new_record
from tests.signals.objects.faulty import FAULTS, Faults
from tests.signals.objects.seaweed import SECRET
from tests.signals.objects.test_stored import read_all

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db

PASSING = [fault for fault in FAULTS if fault != "late 500"]


def asked(record: Record, datatype: int, user: User) -> Any:
    return client_of(user).get("/api/data/", {"record": record.pk, "datatype": datatype})


@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_while_reading_passes(faults: Faults, record: Record, fault: str) -> None:
    faults.plan("GET", fault)
    assert list(read_all(record, HR)) == list(range(70, 80))
    tried = [method for method, _ in faults.seen].count("GET")
    assert tried == (1 if fault == "slow" else 2)


@pytest.mark.parametrize("fault", ["500", "503", "reset", "late 500"])
def test_a_fault_while_storing_passes(
    faults: Faults, athlete: User, datatypes: dict[int, Datatype], fault: str
) -> None:
    record = new_record(athlete)
    faults.plan("PUT", fault)
    store.write_channel(record, datatypes[HR], np.arange(70, 80))
    assert list(read_all(record, HR)) == list(range(70, 80))


@pytest.mark.parametrize("fault", ["500", "503", "reset", "half", "hang"])
def test_a_lasting_fault_while_reading_is_an_outage(
    faults: Faults, record: Record, athlete: User, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    faults.forever["GET"] = fault
    answer = asked(record, HR, athlete)
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert "the object store is unavailable" in caplog.text
    faults.let_go.set()
    faults.forever.clear()
    assert asked(record, HR, athlete).status_code == 200


@pytest.mark.parametrize("fault", ["500", "reset", "hang"])
def test_a_lasting_fault_while_storing_stores_nothing(
    faults: Faults, athlete: User, datatypes: dict[int, Datatype], fault: str
) -> None:
    record = new_record(athlete)
    store.write_channel(record, datatypes[HR], np.arange(70, 80))
    faults.forever["PUT"] = fault
    with pytest.raises(ObjectStoreOutage) as caught:
        store.write_channel(record, datatypes[HR], np.arange(10, 80))
    assert is_outage(caught.value)
    faults.let_go.set()
    faults.forever.clear()
    assert list(read_all(record, HR)) == list(range(70, 80))


def test_a_store_that_is_away_is_told_in_one_line(
    faults: Faults, record: Record, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    settings.HEXOSTORE_CHUNKS += "/elsewhere"
    with pytest.raises(ObjectStoreOutage) as caught:
        read_all(record, HR)
    assert str(caught.value) == f"{settings.HEXOSTORE_CHUNKS} cannot be reached"


@pytest.mark.parametrize(
    ("fault", "told"), [("500", "answers 500 Internal Server Error, InternalError"),
                        ("hang", "does not answer in time"), ("half", "broke off its answer")]
)  # fmt: skip
def test_why_it_fails_is_told(faults: Faults, record: Record, fault: str, told: str) -> None:
    faults.forever["GET"] = fault
    with pytest.raises(ObjectStoreOutage) as caught:
        read_all(record, HR)
    text = str(caught.value)
    assert text.startswith("s3://chunks/")
    assert text.endswith(told)
    assert "\n" not in text
    assert SECRET not in text


def test_a_damaged_object_is_an_error_and_the_log_says_whose(
    faults: Faults, record: Record, athlete: User, caplog: pytest.LogCaptureFixture
) -> None:
    chunk = Chunk.objects.get(record=record, datatype=HR)
    name = bytes(chunk.object or b"")
    bucket().put(name, b"something else")
    before = len(faults.seen)
    answer = asked(record, HR, athlete)
    assert answer.status_code == 500
    assert len(faults.seen) - before == TRIES
    key = names.key_of(name)
    assert (
        f"the object {key} has another content than its name says: "
        f"it has the chunk at {chunk.start} of datatype {HR} of record {record.pk}"
    ) in caplog.text
    assert asked(record, ECG, athlete).status_code == 200


def test_a_missing_object_is_an_error_and_the_log_says_whose(
    objects: str, record: Record, athlete: User, caplog: pytest.LogCaptureFixture
) -> None:
    name = bytes(Chunk.objects.get(record=record, datatype=HR).object or b"")
    bucket().delete([name])
    assert asked(record, HR, athlete).status_code == 500
    assert f"the object {names.key_of(name)} is missing: it has the chunk at" in caplog.text


def test_a_file_is_broken_off_at_a_damaged_object(
    folder: Any, athlete: User, datatypes: dict[int, Datatype], caplog: pytest.LogCaptureFixture
) -> None:
    record = new_record(athlete, seconds=20_000)
    store.write_channel(record, datatypes[ECG], np.resize(np.arange(999), 60 * store.CHUNK))
    last = Chunk.objects.filter(record=record).order_by("start").last()
    assert last is not None
    bucket().delete([bytes(last.object or b"")])
    path = f"/api/data/?record={record.pk}&datatype={ECG}&format=zip"
    answer = client_of(athlete).get(path)
    assert answer.status_code == 200
    with pytest.raises((DamagedObject, Gone)):
        b"".join(answer)
    assert "broke off an answer of data: the object" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_who_read_a_row_before_it_changed_reads_it_again(
    faults: Faults, record: Record, datatypes: dict[int, Datatype], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = np.arange(500)
    removed = change_before_reading(
        record, HR, monkeypatch, lambda: store.write_channel(record, datatypes[HR], expected)
    )
    assert list(read_all(record, HR)) == list(range(10))
    assert removed


@pytest.mark.django_db(transaction=True)
def test_a_channel_that_is_deleted_while_it_is_read_is_gone(
    faults: Faults, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_before_reading(record, HR, monkeypatch, Chunk.objects.filter(record=record).delete)
    with pytest.raises(Gone):
        read_all(record, HR)


def change_before_reading(
    record: Record, datatype: int, monkeypatch: pytest.MonkeyPatch, change: Callable[[], object]
) -> list[bytes]:
    """Have rows change, and their object be removed, between the next rows and their objects."""
    old = bytes(Chunk.objects.get(record=record, datatype=datatype).object or b"")
    usual, removed = Bucket.get, list[bytes]()

    def get(self: Bucket, name: bytes) -> bytes:
        if not removed:
            removed.append(old)
            in_own_thread(change)
            bucket().delete([old])
        return usual(self, name)

    monkeypatch.setattr(Bucket, "get", get)
    return removed


def in_own_thread(work: Callable[[], object]) -> None:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def test_sixteen_objects_are_read_at_once(
    faults: Faults, athlete: User, datatypes: dict[int, Datatype]
) -> None:
    record = new_record(athlete, seconds=10_000)
    counts = np.resize(np.arange(999), 40 * store.CHUNK)
    store.write_channel(record, datatypes[ECG], counts)
    waiting = threading.Semaphore(0)
    usual = type(faults).of
    together: list[int] = []
    running, lock = [0], threading.Lock()

    def of(self: Faults, method: str, path: str) -> str | None:
        with lock:
            running[0] += 1
            together.append(running[0])
            if running[0] >= 16:
                for _ in range(64):
                    waiting.release()
        waiting.acquire(timeout=5)
        with lock:
            running[0] -= 1
        return usual(self, method, path)

    faults.of = of.__get__(faults)  # type: ignore[method-assign]
    assert np.array_equal(read_all(record, ECG), counts)
    assert 16 <= max(together) <= 32
