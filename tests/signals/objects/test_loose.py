"""Objects that no row names are removed, and no other."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from django.db import connection, transaction

from apps.accounts.models import User
from apps.catalog.models import Datatype
from apps.control import object_sweeping
from apps.jobs.kinds import Failed
from apps.records.models import Record
from apps.signals.models import Chunk, LooseObject
from apps.signals.storage import store
from apps.signals.storage.objects import loose, owner
from apps.signals.storage.objects.bucket import Bucket, bucket
from apps.signals.storage.objects.failures import MissingObject
from tests import databases
from tests.signals.conftest import HR, RR, new_record
from tests.signals.objects.test_stored import read_all, stored_names
from tests.signals.objects.writing import COUNTS, another_process, wait_until_stored

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def at_once(settings: Settings) -> None:
    """Loose objects are not kept for long."""
    settings.HEXOSTORE_CHUNKS_LOOSE_HOURS = 0


def sweep() -> int:
    """Sweep all pages in transactions of their own, as the job does. Return how many went."""
    removed, place = 0, ""
    while True:
        with transaction.atomic():
            some, following = object_sweeping.sweep_page(place)
        removed += some
        if following is None:
            return removed
        place = following


def all_objects() -> set[bytes]:
    found, place = set(), ""
    while True:
        page, following = bucket().page_after(place)
        found |= {each.name for each in page}
        if following is None:
            return found
        place = following


def test_what_a_deleted_chunk_named_goes_after_its_time(
    objects: str, record: Record, settings: Settings
) -> None:
    settings.HEXOSTORE_CHUNKS_LOOSE_HOURS = 2
    named = set(stored_names())
    assert sweep() == 0
    assert not LooseObject.objects.exists()
    gone = {bytes(Chunk.objects.get(record=record, datatype=HR).object or b"")}
    Chunk.objects.filter(record=record, datatype=HR).delete()
    assert sweep() == 0
    assert {bytes(each.name) for each in LooseObject.objects.all()} == gone
    LooseObject.objects.update(since=earlier(timedelta(hours=1, minutes=59)))
    assert sweep() == 0
    LooseObject.objects.update(since=earlier(timedelta(hours=2, minutes=1)))
    assert sweep() == 1
    assert all_objects() == named - gone
    assert not LooseObject.objects.exists()
    assert list(read_all(record, RR))


def earlier(ago: timedelta) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT clock_timestamp() - make_interval(secs => %s)", [ago.total_seconds()]
        )
        return cursor.fetchone()[0]


def test_an_object_that_is_named_again_is_kept(folder: Any, record: Record, at_once: None) -> None:
    """As after a backup of the database was put back."""
    row = Chunk.objects.get(record=record, datatype=HR)
    Chunk.objects.filter(record=record, datatype=HR).delete()
    sweep()
    assert LooseObject.objects.count() == 1
    row.save(force_insert=True)
    assert sweep() == 0
    assert not LooseObject.objects.exists()


def test_a_kill_between_object_and_row_leaves_a_loose_object(
    objects: str, athlete: User, datatypes: dict[int, Datatype], at_once: None
) -> None:
    record = new_record(athlete)
    with another_process("write", str(record.pk)) as process:
        wait_until_stored(process)
        (orphan,) = all_objects()
        process.kill()
        process.wait()
    assert not Chunk.objects.filter(record=record).exists()
    databases_are_left()
    assert sweep() == 0
    assert sweep() == 1
    assert not all_objects()
    store.write_channel(record, datatypes[HR], np.arange(COUNTS))
    assert set(stored_names()) == all_objects()
    assert stored_names()[0][:24] == orphan[:24]
    assert len(read_all(record, HR)) == COUNTS


def databases_are_left() -> None:
    """Wait until PostgreSQL has ended the transaction of a killed process."""
    with connection.cursor() as cursor:
        for _ in range(10_000):
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            if cursor.fetchone() == (0,):
                return
    raise AssertionError("somebody is still connected")


def test_an_object_is_kept_as_long_as_its_transaction_runs(
    objects: str, athlete: User, datatypes: dict[int, Datatype], at_once: None
) -> None:
    """The race: the sweep finds an object loose whose row is committed later, however late."""
    record = new_record(athlete)
    with another_process("write", str(record.pk)) as process:
        wait_until_stored(process)
        for _ in range(3):
            assert sweep() == 0
        assert LooseObject.objects.count() == 1
        process.communicate("\n", timeout=60)
        assert process.returncode == 0
    assert set(stored_names()) == all_objects()
    assert sweep() == 0
    assert not LooseObject.objects.exists()
    assert len(read_all(record, HR)) == COUNTS


def test_who_stores_the_same_payload_while_it_is_removed_keeps_it(
    objects: str, record: Record, datatypes: dict[int, Datatype], at_once: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """The race: between the last look at the rows and the removal, another row gets the content."""
    Chunk.objects.filter(record=record, datatype=HR).delete()
    sweep()
    usual = Bucket.delete

    def delete(self: Bucket, found: list[bytes]) -> None:
        if found:
            thread = threading.Thread(target=write)
            thread.start()
            thread.join()
        usual(self, found)

    def write() -> None:
        another = new_record(record.user, record.start or 0)
        store.write_channel(another, datatypes[HR], np.arange(70, 80))
        written.append(another)
        connection.close()

    written: list[Record] = []
    monkeypatch.setattr(Bucket, "delete", delete)
    assert sweep() == 1
    assert list(read_all(written[0], HR)) == list(range(70, 80))


def test_a_removal_that_arrives_late_meets_nobody(
    folder: Any, record: Record, datatypes: dict[int, Datatype], at_once: None
) -> None:
    gone = bytes(Chunk.objects.get(record=record, datatype=HR).object or b"")
    Chunk.objects.filter(record=record, datatype=HR).delete()
    sweep()
    sweep()
    record.channels.filter(datatype=HR).delete()
    store.write_channel(record, datatypes[HR], np.arange(70, 80))
    bucket().delete([gone])
    assert list(read_all(record, HR)) == list(range(70, 80))


def test_nothing_goes_while_transactions_are_hidden(
    folder: Any, record: Record, at_once: None, settings: Settings
) -> None:
    Chunk.objects.filter(record=record, datatype=HR).delete()
    sweep()
    with databases.another_connection(autocommit=True) as other:
        other.execute("SET track_activities = off")
        other.execute("SELECT 1")
        assert sweep() == 0
    assert sweep() == 1


def test_a_removal_that_fails_is_tried_again(faults: Any, record: Record, at_once: None) -> None:
    Chunk.objects.filter(record=record, datatype=HR).delete()
    sweep()
    faults.plan("DELETE", *["500"] * 9)
    faults.forever["DELETE"] = "500"
    faults.forever["POST"] = "500"
    with pytest.raises(Failed):
        object_sweeping.sweep_some({})
    faults.next.clear()
    faults.forever.clear()
    assert sweep() == 1


def test_the_job_goes_from_page_to_page(folder: Any, record: Record, at_once: None) -> None:
    Chunk.objects.filter(record=record, datatype=HR).delete()
    payload: dict[str, Any] = {}
    pages = 1
    while object_sweeping.sweep_some(payload):
        pages += 1
    assert pages == 256
    assert payload == {"after": ""}
    assert LooseObject.objects.count() == 1


def test_pages_of_s3_follow_each_other(
    in_s3: Any, record: Record, at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.signals.storage.objects import bucket as buckets

    monkeypatch.setattr(buckets, "PAGE", 1)
    named = set(stored_names())
    assert len(named) == 4
    bucket().put_key("other/thing", b"left alone")
    assert all_objects() == named
    Chunk.objects.filter(record=record, datatype=HR).delete()
    sweep()
    assert sweep() == 1
    assert len(all_objects()) == 3
    assert bucket().get_key("other/thing") == b"left alone"


def test_nothing_is_swept_that_belongs_to_another_store(
    objects: str, record: Record, at_once: None
) -> None:
    Chunk.objects.all().delete()
    bucket().put_key(owner.KEY, b"another")
    with pytest.raises(owner.OtherOwner):
        sweep()
    with pytest.raises(Failed, match="belong to another store"):
        object_sweeping.sweep_some({})
    assert len(all_objects()) == 4


def test_what_is_stored_is_counted(objects: str, record: Record) -> None:
    Chunk.objects.filter(record=record, datatype=HR).delete()
    found = object_sweeping.count_stored()
    assert (found.objects, found.loose) == (4, 1)
    assert 0 < found.loose_size < found.size


def test_old_notes_are_forgotten(folder: Any, record: Record) -> None:
    LooseObject.objects.create(name=b"x" * 32, since=earlier(timedelta(days=100)))
    LooseObject.objects.create(name=b"y" * 32, since=earlier(timedelta(days=20)))
    sweep()
    assert [bytes(each.name) for each in LooseObject.objects.all()] == [b"y" * 32]


def test_a_missing_object_is_told_from_a_damaged_one(objects: str) -> None:
    with pytest.raises(MissingObject):
        bucket().get(b"z" * 32)
    bucket().delete([b"z" * 32])
    assert loose.kept_for() == timedelta(days=7)
