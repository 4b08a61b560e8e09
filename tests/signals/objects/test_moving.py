"""Moving chunks into objects and back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from django.db import connection, transaction

from apps.accounts.models import User
from apps.catalog.models import Datatype
from apps.records.models import Record
from apps.signals.models import Chunk
from apps.signals.storage import channel_growth, store
from apps.signals.storage.objects import moving
from apps.signals.storage.objects.bucket import bucket
from apps.signals.storage.objects.failures import DamagedObject, ObjectStoreOutage
from apps.signals.storage.objects.moving import count_held, move
from apps.signals.storage.objects.transfer import AT_ONCE, uploaded
from apps.signals.storage.objects.verifying import verify
from tests.signals.conftest import ECG, HR, client_of, new_record
from tests.signals.objects.faulty import Faults
from tests.signals.objects.test_loose import all_objects, databases_are_left
from tests.signals.objects.test_stored import read_all, stored_names
from tests.signals.objects.writing import another_process, wait_until_stored

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db(transaction=True)

CHUNKS = 40
COUNTS = np.resize(np.arange(0, 4000, 3), CHUNKS * store.CHUNK)


@pytest.fixture
def in_rows(athlete: User, datatypes: dict[int, Datatype]) -> Record:
    """A record in rows, made before there is an object store."""
    record = new_record(athlete, seconds=10_000)
    store.write_channel(record, datatypes[ECG], COUNTS)
    store.write_channel(record, datatypes[HR], np.arange(70, 170))
    return record


def move_all(target: Any) -> int:
    return sum(move(target))


def test_chunks_move_into_objects_and_back(in_rows: Record, objects: str) -> None:
    before = {row.pk: (bytes(row.payload or b""), row.crc) for row in Chunk.objects.all()}
    assert move_all("objects") == CHUNKS + 1
    held = count_held()
    assert (held.in_rows, held.bytes_in_rows, held.in_objects) == (0, 0, CHUNKS + 1)
    assert np.array_equal(read_all(in_rows, ECG), COUNTS)
    assert len(list(verify())) == CHUNKS + 1
    assert move_all("objects") == 0
    assert move_all("rows") == CHUNKS + 1
    assert not stored_names()
    after = {row.pk: (bytes(row.payload or b""), row.crc) for row in Chunk.objects.all()}
    assert after == before
    assert count_held().bytes_in_rows == sum(len(payload) for payload, _ in before.values())


def test_a_kill_in_the_middle_loses_nothing(in_rows: Record, objects: str) -> None:
    with another_process("move", str(in_rows.pk)) as process:
        wait_until_stored(process, times=AT_ONCE + 5)
        process.kill()
        process.wait()
    databases_are_left()
    held = count_held()
    assert (held.in_objects, held.in_rows) == (AT_ONCE, CHUNKS + 1 - AT_ONCE)
    assert len(all_objects()) == AT_ONCE + 5
    assert np.array_equal(read_all(in_rows, ECG), COUNTS)
    assert move_all("objects") == CHUNKS + 1 - AT_ONCE
    assert np.array_equal(read_all(in_rows, ECG), COUNTS)
    assert not [each for each in verify() if each.trouble]


class Busy:
    """Threads that do their steps again and again; `errors` is what went wrong."""

    def __init__(self, *steps: Callable[[], None]) -> None:
        self._stop, self.errors = threading.Event(), list[str]()
        self._threads = [threading.Thread(target=self._run, args=(step,)) for step in steps]

    def _run(self, step: Callable[[], None]) -> None:
        try:
            while not self._stop.is_set():
                step()
        except BaseException as error:  # noqa: BLE001 - it is shown by the test
            self.errors.append(repr(error))
        finally:
            connection.close()

    def __enter__(self) -> None:
        for thread in self._threads:
            thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


@pytest.mark.parametrize("target", ["objects", "rows"])
def test_readers_and_writers_notice_nothing(
    in_rows: Record, objects: str, datatypes: dict[int, Datatype], target: Any
) -> None:
    written, reads = [100], [0]

    def read() -> None:
        assert np.array_equal(read_all(in_rows, ECG), COUNTS)
        reads[0] += 1

    def write() -> None:
        channel_growth.extend_channel(in_rows, datatypes[HR], np.arange(70, 80))
        written[0] += 10
        other = new_record(in_rows.user, (in_rows.start or 0) + 10**9)
        store.write_channel(other, datatypes[HR], np.arange(written[0]))
        Record.objects.filter(pk=other.pk).delete()

    busy = Busy(read, read, write)
    with busy:
        for _ in range(3):
            move_all(target)
            move_all("rows" if target == "objects" else "objects")
    assert not busy.errors
    assert reads[0] >= 2
    move_all(target)
    assert np.array_equal(read_all(in_rows, ECG), COUNTS)
    expected = np.concatenate([np.arange(70, 170), *[np.arange(70, 80)] * (written[0] // 10 - 10)])
    assert np.array_equal(read_all(in_rows, HR), expected)
    assert count_held().in_rows == (0 if target == "objects" else CHUNKS + 1)


def test_a_row_that_is_written_anew_meanwhile_keeps_what_is_new(
    in_rows: Record, folder: Any, datatypes: dict[int, Datatype], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = np.arange(500)

    def slowly(rows: Any) -> Any:
        yield from uploaded(rows)
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()

    def write() -> None:
        store.write_channel(in_rows, datatypes[HR], expected)
        connection.close()

    monkeypatch.setattr(moving, "uploaded", slowly)
    move_all("objects")
    assert np.array_equal(read_all(in_rows, HR), expected)
    assert np.array_equal(read_all(in_rows, ECG), COUNTS)


def test_a_row_that_somebody_has_locked_is_left_for_later(in_rows: Record, folder: Any) -> None:
    locked, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            list(Chunk.objects.filter(record=in_rows, datatype=HR).select_for_update())
            locked.set()
            done.wait(60)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    locked.wait(60)
    assert move_all("objects") == CHUNKS
    done.set()
    holder.join()
    assert move_all("objects") == 1


def test_an_outage_ends_it_and_it_goes_on_later(in_rows: Record, faults: Faults) -> None:
    faults.plan("PUT", *["late 500"] * 3)
    steps = move("objects")
    assert next(steps) == AT_ONCE
    faults.forever["PUT"] = "500"
    with pytest.raises(ObjectStoreOutage):
        next(steps)
    assert count_held().in_objects == AT_ONCE
    faults.forever.clear()
    assert move_all("objects") == CHUNKS + 1 - AT_ONCE


def test_a_damaged_object_is_not_moved_into_a_row(in_rows: Record, objects: str) -> None:
    move_all("objects")
    name = bytes(Chunk.objects.get(record=in_rows, datatype=HR).object or b"")
    bucket().put(name, b"something else")
    missing = bytes(Chunk.objects.filter(record=in_rows, datatype=ECG)[0].object or b"")
    bucket().delete([missing])
    wrong = [each for each in verify() if each.trouble]
    assert [each.datatype for each in wrong] == [HR, ECG]
    assert "has another content than its name says" in str(wrong[0])
    assert "is missing" in str(wrong[1])
    with pytest.raises(DamagedObject):
        move_all("rows")
    assert stored_names()


def test_data_are_the_same_before_and_after(
    in_rows: Record, objects: str, athlete: User, settings: Settings
) -> None:
    def asked() -> Any:
        path = {"record": in_rows.pk, "datatype": ECG}
        return client_of(athlete).get("/api/data/", path).content

    before = asked()
    move_all("objects")
    assert asked() == before
