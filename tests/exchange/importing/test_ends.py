"""How imports end: with objects once, or with an error and nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.db import OperationalError

from apps.catalog.models import ImportPiece
from apps.exchange import importing, storing
from apps.exchange.activity import Activity, FileError, Lap, Session
from apps.jobs.kinds import KINDS
from apps.jobs.models import Job
from apps.jobs.queue import do_next
from apps.records.models import Range, Record
from apps.tracks.models import Track, TrackPoint
from hexostore import clock
from tests.exchange.importing.conftest import (
    SECOND,
    START,
    FakeReader,
    a_file,
    a_run,
    a_way,
    imported,
    points_of,
    post_file,
)
from tests.exchange.tcx import files as tcx
from tests.people import Caller, Cast

pytestmark = pytest.mark.usefixtures("catalogue")

DAY = 86_400 * SECOND


def counts() -> tuple[int, ...]:
    """How many rows there are of what files become."""
    return tuple(model.objects.count() for model in (Record, Range, Track, TrackPoint))


def uris(found: Any) -> list[str]:
    """The objects that an import names."""
    return [each["resource_uri"] for each in found["results"]]


# Errors


def test_what_is_wrong_with_a_file_is_told(owner: Caller, reader: FakeReader) -> None:
    reader.activities = [FileError("byte 17: it ends")]
    assert imported(owner)["results"] == {"error": "byte 17: it ends"}
    assert counts() == (0, 0, 0, 0)
    assert not ImportPiece.objects.exists()
    assert Job.objects.get(kind="import").state == Job.State.DONE


@pytest.mark.parametrize("fault", [ValueError("x"), AssertionError(), KeyError("x"), MemoryError()])
def test_a_fault_of_ours_ends_the_import_too(
    owner: Caller, reader: FakeReader, fault: Exception
) -> None:
    reader.activities = [fault]
    assert imported(owner)["results"] == {"error": importing.OUR_FAULT}
    assert Job.objects.get(kind="import").tries == 1


def test_nothing_is_stored_of_what_fails_in_the_middle(
    owner: Caller, reader: FakeReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        assert Range.objects.exists()
        raise ValueError

    monkeypatch.setattr(storing, "_store_record", fail)
    reader.activities = [a_file()]
    assert imported(owner)["results"] == {"error": importing.OUR_FAULT}
    assert counts() == (0, 0, 0, 0)


def test_a_file_that_failed_is_tried_when_it_is_sent_again(
    owner: Caller, reader: FakeReader
) -> None:
    reader.activities = [FileError("not yet"), a_file()]
    assert "error" in imported(owner)["results"]
    assert len(imported(owner)["results"]) == 5


def test_what_another_try_may_not_have_is_tried_again(owner: Caller, reader: FakeReader) -> None:
    reader.activities = [OperationalError("deadlock detected"), a_file()]
    answer = post_file(owner)
    assert do_next(KINDS["import"])
    found = owner.get(answer.json()["resource_uri"]).json()
    assert (found["progress"] < 1, found["results"]) == (True, None)
    job = Job.objects.get(kind="import")
    assert (job.state, job.due - clock.now() < importing.FIRST_WAIT) == (Job.State.WAITING, True)
    Job.objects.update(due=clock.now())
    assert do_next(KINDS["import"])
    assert len(owner.get(answer.json()["resource_uri"]).json()["results"]) == 5


def test_what_fails_again_and_again_ends(owner: Caller, reader: FakeReader) -> None:
    reader.activities = [OperationalError("disk full")]
    answer = post_file(owner)
    for _ in range(importing.TRIES):
        Job.objects.update(due=clock.now())
        assert do_next(KINDS["import"])
    found = owner.get(answer.json()["resource_uri"]).json()
    assert (found["progress"], found["results"]) == (1, {"error": importing.OUR_FAULT})
    assert Job.objects.get(kind="import").state == Job.State.DEAD
    assert not ImportPiece.objects.exists()


def test_a_file_that_kills_each_worker_ends(owner: Caller, reader: FakeReader) -> None:
    answer = post_file(owner)
    Job.objects.filter(kind="import").update(tries=importing.TRIES)
    assert do_next(KINDS["import"])
    found = owner.get(answer.json()["resource_uri"]).json()
    assert (found["progress"], found["results"]) == (1, {"error": importing.OUR_FAULT})
    assert not reader.asked


def test_the_import_of_a_user_who_is_gone_is_nothing(owner: Caller, reader: FakeReader) -> None:
    post_file(owner)
    owner.user.delete()
    assert do_next(KINDS["import"])
    assert Job.objects.get(kind="import").state == Job.State.DONE
    assert not reader.asked


@pytest.mark.rule("exchange D25")
def test_times_that_cannot_be_true_are_refused(owner: Caller, reader: FakeReader) -> None:
    now = clock.ticks()
    cases = {
        "1990": a_run(start=600_000_000 * SECOND),
        "in the future": a_run(start=now + 2 * DAY),
        "more than 31 days": a_run(laps=(), points=(), seconds=31 * 86_400 + 1),
        "more than 1,000 activities": a_run(laps=(Lap(START, START + SECOND),) * 1_000),
    }
    for number, (word, run) in enumerate(cases.items()):
        reader.activities = [a_file(run)]
        reader.asked = 0
        assert word in imported(owner, b"%d" % number)["results"]["error"]
    reader.activities = [a_file(a_run(60, now + DAY - 600 * SECOND))]
    reader.asked = 0
    assert len(imported(owner, b"soon")["results"]) == 5


def test_a_file_without_content_is_refused(owner: Caller, reader: FakeReader) -> None:
    reader.activities = [Activity()]
    assert "neither an activity nor a workout" in imported(owner)["results"]["error"]


def empty(start: int = START, **members: Any) -> Session:
    return a_run(0, start, **{"points": (), "laps": (), "intervals": None, **members})


def test_an_activity_of_nothing_is_refused(owner: Caller, reader: FakeReader) -> None:
    nothing = np.full(1, np.nan)
    for number, session in enumerate((empty(), empty(points=(points_of(1, heart_rate=nothing),)))):
        reader.activities, reader.asked = [a_file(session)], 0
        answer = imported(owner, b"%d" % number)["results"]
        assert answer == {"error": "The activity of the file has neither a length nor points."}
    assert counts() == (0, 0, 0, 0)


def test_an_activity_of_nothing_is_left_out_beside_others(
    owner: Caller, reader: FakeReader
) -> None:
    lap = Lap(START + SECOND, START + SECOND)
    reader.activities = [a_file(empty(), a_run(laps=(*a_run().laps, lap)))]
    assert len(imported(owner)["results"]) == 5
    assert counts() == (1, 3, 1, 600)


def test_an_activity_of_a_single_point_is_one(owner: Caller, reader: FakeReader) -> None:
    reader.activities = [a_file(empty(points=(points_of(1, **a_way(1)),)))]
    session, track = imported(owner)["results"]
    assert session["start"] == session["end"] == START
    assert track["range"] == session["resource_uri"]


@pytest.mark.parametrize("laps", ["", '<Lap StartTime="2020-06-01T12:00:00Z"/>'])
def test_a_tcx_activity_without_laps_or_points_is_refused(owner: Caller, laps: str) -> None:
    results = imported(owner, tcx.file(tcx.activity(laps)).encode())["results"]
    assert "neither a length nor points" in results["error"]


# The same content again


@pytest.mark.rule("exchange D22")
def test_the_same_content_gives_the_same_objects(owner: Caller, reader: FakeReader) -> None:
    reader.activities = [a_file()]
    first, second = imported(owner), imported(owner)
    assert uris(first) == uris(second)
    assert first["id"] != second["id"]
    assert reader.asked == 1
    assert counts() == (1, 3, 1, 600)


@pytest.mark.rule("exchange D22")
def test_deleted_objects_are_made_again(owner: Caller, reader: FakeReader) -> None:
    reader.activities = [a_file()]
    record, session, *_ = uris(imported(owner))
    assert owner.delete(session).status_code == 204
    assert counts() == (1, 0, 0, 0)
    again = uris(imported(owner))
    assert (again[0], again[1] != session, len(again)) == (record, True, 5)
    assert counts() == (1, 3, 1, 600)
    assert uris(imported(owner)) == again


@pytest.mark.parametrize("at", range(5))
def test_only_what_is_missing_is_made_again(owner: Caller, reader: FakeReader, at: int) -> None:
    reader.activities = [a_file()]
    before = imported(owner)
    doomed = before["results"][at]["resource_uri"]
    assert owner.delete(doomed).status_code == 204
    left = [uri for uri in uris(before) if owner.get(uri).status_code == 200]
    after = imported(owner)
    assert len(after["results"]) == 5
    assert doomed not in uris(after)
    assert set(left) <= set(uris(after))
    assert counts() == (1, 3, 1, 600)
    session, first = after["results"][1], after["results"][2]
    assert first["parent"] == after["results"][4]["range"] == session["resource_uri"]


def test_results_leave_out_what_was_deleted(owner: Caller, reader: FakeReader) -> None:
    reader.activities = [a_file()]
    found = imported(owner)
    record = uris(found)[0]
    owner.delete(record)
    assert uris(owner.get(found["resource_uri"]).json()) == uris(found)[1:]


def test_everybody_has_objects_of_their_own(cast: Cast, reader: FakeReader) -> None:
    reader.activities = [a_file()]
    mine, theirs = imported(cast.owner), imported(cast.friend)
    assert not set(uris(mine)) & set(uris(theirs))
    assert counts() == (2, 6, 2, 1200)


def test_what_now_belongs_to_others_is_not_the_same(cast: Cast, reader: FakeReader) -> None:
    """A range that was given to somebody else is made again for its former user."""
    reader.activities = [a_file()]
    session = imported(cast.owner)["results"][1]
    Range.objects.filter(pk=session["id"]).update(user=cast.friend.user)
    assert uris(imported(cast.owner))[1] != session["resource_uri"]


def test_other_content_is_another_ride(owner: Caller, reader: FakeReader) -> None:
    reader.activities = [a_file()]
    assert uris(imported(owner, b"one")) != uris(imported(owner, b"two"))
    assert Record.objects.filter(start=START).count() == 2
