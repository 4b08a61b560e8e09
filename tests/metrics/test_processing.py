"""Automatic processing: which statuses a record goes through, and what is shown meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np
import pytest

from apps.accounts.models import User
from apps.catalog.models import Datatype
from apps.jobs import queue
from apps.jobs.kinds import KINDS
from apps.jobs.models import Job
from apps.metrics import automatic, processing
from apps.metrics.models import RangeResults
from apps.records.models import Range, Record
from apps.signals.models import Channel
from apps.signals.storage import record_state
from apps.signals.storage import store as signals
from tests.catalogue import load_catalogue
from tests.signals.conftest import HR, RR, START, client_of, new_record

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

RUNNING, SLEEP, REST_TEST = 10, 12, 106
QUALITY, AVNN, ANN, PHASE = 1004, 182, 272, 280
MINUTES = 10


@pytest.fixture(autouse=True)
def catalogue(db: None) -> None:
    load_catalogue()


@pytest.fixture
def resting(athlete: User, datatypes: dict[int, Datatype]) -> Record:
    """Ten minutes of rest, a beat a second, with the channels of variability in it."""
    made = new_record(athlete, seconds=60 * MINUTES, status="syncing")
    beats = 256 * np.arange(1, 60 * MINUTES)
    signals.write_channel(made, datatypes[HR], np.full(60 * MINUTES, 60))
    signals.write_events(made, datatypes[RR], beats, np.full(len(beats), 256))
    signals.write_events(made, datatypes[QUALITY], beats, np.zeros(len(beats), int))
    signals.write_channel(made, datatypes[ANN], np.array([4096, 4096]))
    Record.objects.filter(pk=made.pk).update(status="complete")
    made.refresh_from_db()
    return made


def sent(athlete: User, activitytype: int, seconds: int = 300) -> dict[str, Any]:
    return {
        "user": f"/api/user/{athlete.pk}/",
        "start": START,
        "end": START + 256 * seconds,
        "context": {"activitytype": f"/api/activitytype/{activitytype}/"},
    }


def post(athlete: User, activitytype: int) -> dict[str, Any]:
    path = f"/api/range/?include_metrics={AVNN},44"
    answer = client_of(athlete).post(path, sent(athlete, activitytype), format="json")
    assert answer.status_code == 201, answer.content
    shown: dict[str, Any] = answer.json()
    return shown


def look(athlete: User, uri: str) -> dict[str, Any]:
    shown: dict[str, Any] = client_of(athlete).get(f"{uri}?include_metrics={AVNN},44").json()
    return shown


def values(shown: dict[str, Any]) -> tuple[str, Any, Any]:
    """The status of a range, its AVNN and its heart rate."""
    found = {each["id"]: each["value"] for each in shown["metrics"]}
    return shown["status"], found[AVNN], found[44]


def step() -> bool:
    """One step of processing."""
    return queue.do_next(KINDS[processing.JOB])


@pytest.mark.parametrize("activitytype", [8, SLEEP, REST_TEST])
def test_a_range_of_rest_is_processed_step_by_step(
    athlete: User, resting: Record, activitytype: int
) -> None:
    made = post(athlete, activitytype)
    uri = made["resource_uri"]
    assert values(made) == values(look(athlete, uri)) == ("queued", None, 60)
    assert step()
    assert values(look(athlete, uri)) == ("processing", None, 60)
    assert step()
    assert values(look(athlete, uri)) == ("complete", 1.0, 60)
    assert step()
    assert not step()
    assert Job.objects.get(kind=processing.JOB).state == Job.State.DONE


def test_what_is_derived_is_looked_for_once(athlete: User, resting: Record) -> None:
    """In the processing of a record that was queued, and when a complete one is looked at."""
    with patch.object(processing, "work_out_record", wraps=automatic.work_out_record) as derived:
        post(athlete, REST_TEST)
        queue.do_due()
        assert derived.call_count == 1
        processing.add_job(resting.pk)
        queue.do_due()
        assert derived.call_count == 2


def test_a_record_that_is_queued_between_two_steps_is_derived_again(
    athlete: User, resting: Record
) -> None:
    with patch.object(processing, "work_out_record", return_value=None) as derived:
        post(athlete, REST_TEST)
        step()
        step()
        processing.queue_records([resting.pk])
        queue.do_due()
    assert derived.call_count > 1
    resting.refresh_from_db()
    assert resting.status == "complete"


def test_other_ranges_are_complete_at_once(athlete: User, resting: Record) -> None:
    made = post(athlete, RUNNING)
    assert (made["status"], Job.objects.count()) == ("complete", 0)
    assert values(made)[2] == 60


def test_what_a_range_shows_is_computed_ahead(athlete: User, resting: Record) -> None:
    made = post(athlete, REST_TEST)
    RangeResults.objects.all().delete()
    queue.do_due()
    held = RangeResults.objects.get(pk=made["id"]).metrics
    assert set(held) >= {str(each["id"]) for each in made["metrics"]} - {str(AVNN), "44"}


def test_moving_and_retyping_a_range_processes_again(athlete: User, resting: Record) -> None:
    uri = post(athlete, RUNNING)["resource_uri"]
    client = client_of(athlete)
    link = f"/api/activitytype/{REST_TEST}/"
    for change in ({"context": {"activitytype": link}}, {"end": START + 256 * 400}):
        assert client.patch(uri, change, format="json").json()["status"] == "queued"
        queue.do_due()
        assert look(athlete, uri)["status"] == "complete"


def test_what_changes_nothing_processes_nothing(athlete: User, resting: Record) -> None:
    uri = post(athlete, REST_TEST)["resource_uri"]
    queue.do_due()
    jobs = Job.objects.count()
    client = client_of(athlete)
    for change in ({"note": "calm"}, {"start": START}, sent(athlete, REST_TEST)):
        assert client.patch(uri, change, format="json").json()["status"] == "complete"
    assert Job.objects.count() == jobs


def test_a_range_that_goes_takes_what_was_derived_for_it_along(
    athlete: User, resting: Record, datatypes: dict[int, Datatype]
) -> None:
    """The phases of a sleep; the record stays complete."""
    signals.write_channel(resting, datatypes[49], np.zeros(60 * MINUTES, int))
    uri = post(athlete, SLEEP)["resource_uri"]
    queue.do_due()
    assert resting.channels.filter(datatype=PHASE).exists()
    assert client_of(athlete).delete(uri).status_code == 204
    queue.do_due()
    assert not resting.channels.filter(datatype=PHASE).exists()
    resting.refresh_from_db()
    assert (resting.status, RangeResults.objects.count()) == ("complete", 0)


def test_deriving_ends(athlete: User, resting: Record) -> None:
    """A job that derives something has the record looked at once more, and then no more."""
    processing.add_job(resting.pk)
    assert queue.do_due() < 8
    jobs = Job.objects.count()
    queue.do_due()
    assert Job.objects.count() == jobs


def test_records_of_others_and_of_other_times_stay(
    athlete: User, outsider: User, resting: Record
) -> None:
    theirs = new_record(outsider, seconds=600)
    later = new_record(athlete, START + 256 * 1000, seconds=600)
    growing = new_record(athlete, START, seconds=600, status="realtime")
    post(athlete, REST_TEST)
    statuses = dict(Record.objects.values_list("pk", "status"))
    assert statuses == {
        resting.pk: "queued",
        theirs.pk: "complete",
        later.pk: "complete",
        growing.pk: "realtime",
    }


def test_a_record_is_processed_when_it_becomes_complete(
    athlete: User, resting: Record, datatypes: dict[int, Datatype]
) -> None:
    """One that lacks the channels of variability is queued, and complete afterwards."""
    resting.channels.filter(datatype=ANN).delete()
    Record.objects.filter(pk=resting.pk).update(status="processing")
    record_state.advance(resting, "complete")
    resting.refresh_from_db()
    assert resting.status == "queued"
    queue.do_due()
    resting.refresh_from_db()
    assert resting.status == "complete"


def test_held_records_stay_queued(athlete: User, resting: Record, settings: Settings) -> None:
    settings.HEXOSTORE_PROCESSING = "hold"
    uri = post(athlete, REST_TEST)["resource_uri"]
    queue.do_due()
    assert values(look(athlete, uri)) == ("queued", None, 60)
    settings.HEXOSTORE_PROCESSING = "automatic"
    Job.objects.update(due="2000-01-01T00:00Z")
    queue.do_due()
    queue.do_due()
    assert values(look(athlete, uri)) == ("complete", 1.0, 60)


def test_a_record_whose_job_was_given_up_is_in_error(athlete: User, resting: Record) -> None:
    made = post(athlete, REST_TEST)
    Job.objects.update(state=Job.State.DEAD)
    queue.do_due()
    assert look(athlete, made["resource_uri"])["status"] == "error"


def test_a_job_for_a_record_that_is_gone_is_done(athlete: User, resting: Record) -> None:
    post(athlete, REST_TEST)
    resting.delete()
    queue.do_due()
    assert Job.objects.get(kind=processing.JOB).state == Job.State.DONE


def test_sleep_is_found(athlete: User, datatypes: dict[int, Datatype]) -> None:
    """Five hours of lying still between two of being upright."""
    hours = 7
    night = new_record(athlete, seconds=3600 * hours, status="processing")
    active = np.full(3600 * hours, 20)
    active[3600 : 3600 * 6] = 0
    signals.write_channel(night, datatypes[49], active)
    changes = 256 * 3600 * np.array([0, 1, 6])
    signals.write_events(night, datatypes[270], changes, np.array([5, 2, 5]))
    record_state.advance(night, "complete")
    for _ in range(2):
        queue.do_due()
        client = client_of(athlete)
        assert client.get("/api/range/").json()["objects"] == []
        (found,) = client.get("/api/range/?include_autodetected=true").json()["objects"]
        assert (found["start"], found["end"]) == (START + 256 * 3600, START + 256 * 3600 * 6)
        assert found["context"]["activitytype"] == f"/api/activitytype/{SLEEP}/"
        processing.add_job(night.pk)
    active[:] = 20
    signals.write_channel(night, datatypes[49], active)
    record_state.settle(night)
    queue.do_due()
    assert not Range.objects.exists()


def test_a_fitness_test_tells_its_user_what_it_found(athlete: User, resting: Record) -> None:
    made = post(athlete, REST_TEST)
    queue.do_due()
    shown = client_of(athlete).get(made["resource_uri"]).json()
    assert {each["id"]: each["value"] for each in shown["activityattributes"]}[77] == 60
    found = client_of(athlete).get("/api/async/").json()["objects"]
    assert [(each["datatype"], each["data"]) for each in found] == [("/api/datatype/11005/", 60)]


def test_what_finds_no_beats_says_what_to_install(
    athlete: User, resting: Record, caplog: pytest.LogCaptureFixture
) -> None:
    with patch.object(processing, "work_out_record", return_value="install hexostore[signals]"):
        post(athlete, SLEEP)
        queue.do_due()
    assert f"record {resting.pk}: install hexostore[signals]" in caplog.text
    resting.refresh_from_db()
    assert resting.status == "complete"


def test_other_data_have_what_was_derived_made_anew(athlete: User, resting: Record) -> None:
    """Until that is done, a record does not pass for complete."""
    Channel.objects.filter(record=resting, datatype=ANN).delete()
    record_state.settle(resting)
    queue.do_due()
    assert Channel.objects.filter(record=resting, derived_from__isnull=False).exists()
    beats = 256 * np.arange(1, 60 * MINUTES)
    signals.write_events(resting, Datatype.objects.get(pk=RR), beats, np.full(len(beats), 200))
    record_state.settle(resting)
    resting.refresh_from_db()
    assert resting.status == "queued"
    queue.do_due()
    resting.refresh_from_db()
    assert resting.status == "complete"
    shown = client_of(athlete).get(f"/api/record/{resting.pk}/?include_metrics=182").json()
    assert [each["value"] for each in shown["metrics"]] == [200 / 256]
