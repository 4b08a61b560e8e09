"""Jobs are done once, tried again, given up in the end, and never half done."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Event
from typing import Any, NoReturn

import pytest
from django.db import connection, transaction

from apps.access.models import Bundle
from apps.jobs import kinds, queue
from apps.jobs.kinds import KINDS, Failed, GiveUp, Kind
from apps.jobs.models import Job
from tests.frozen import FrozenClock
from tests.jobs.conftest import TRIES, Chore

pytestmark = pytest.mark.django_db

State = Job.State


def fail(_payload: dict[str, Any]) -> NoReturn:
    raise Failed("no luck")


def test_a_job_is_done_once(chore: Chore) -> None:
    chore.add(number=1, secret="x")
    assert queue.do_due() == 1
    assert queue.do_due() == 0
    assert chore.done == [{"number": 1, "secret": "x"}]
    job = Job.objects.get()
    assert (job.state, job.payload, job.error) == (State.DONE, {"number": 1}, "")
    assert job.ended is not None


def test_the_oldest_comes_first(chore: Chore, frozen: FrozenClock) -> None:
    for number in range(3):
        frozen.move(timedelta(seconds=-1))
        chore.add(number=number)
    frozen.move(timedelta(minutes=1))
    queue.do_due()
    assert [payload["number"] for payload in chore.done] == [2, 1, 0]


def test_nobody_adds_work_that_nobody_does(chore: Chore) -> None:
    with pytest.raises(KeyError):
        queue.add_job("unheard of", {})


def test_what_is_rolled_back_is_never_done(chore: Chore) -> None:
    with transaction.atomic():
        chore.add()
        transaction.set_rollback(True)
    assert queue.do_due() == 0
    assert not Job.objects.exists()


def test_waits_are_doubled_up_to_an_hour() -> None:
    kind = Kind("x", fail, 5, None, frozenset())
    waits = [kind.wait_after(tries).total_seconds() for tries in range(1, 11)]
    assert waits == [15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert kind.wait_after(10**6) == kinds.LONGEST_WAIT


def test_a_failed_try_is_repeated_after_a_while(chore: Chore, frozen: FrozenClock) -> None:
    chore.work = fail
    chore.add(secret="x")
    assert queue.do_due() == 1
    job = Job.objects.get()
    assert (job.state, job.tries, job.error) == (State.WAITING, 1, "no luck")
    assert job.due == frozen.now + kinds.FIRST_WAIT
    frozen.move(kinds.FIRST_WAIT - timedelta(seconds=1))
    assert queue.do_due() == 0
    frozen.move(timedelta(seconds=1))
    chore.work = lambda _: None
    assert queue.do_due() == 1
    assert Job.objects.get().state == State.DONE
    assert chore.done == [{"secret": "x"}] * 2


def test_a_job_that_always_fails_is_given_up(chore: Chore, frozen: FrozenClock) -> None:
    chore.work = fail
    chore.add(number=1, secret="x")
    for _ in range(TRIES):
        assert queue.do_due() == 1
        frozen.move(kinds.LONGEST_WAIT)
    assert queue.do_due() == 0
    job = Job.objects.get()
    assert (job.state, job.error, job.payload) == (State.DEAD, "no luck", {"number": 1})


def test_a_hopeless_job_is_given_up_at_once(chore: Chore) -> None:
    def hopeless(_payload: dict[str, Any]) -> NoReturn:
        raise GiveUp("never")

    chore.work = hopeless
    chore.add()
    queue.do_due()
    job = Job.objects.get()
    assert (job.state, job.error, job.tries) == (State.DEAD, "never", 1)


def test_a_domain_is_told_what_is_given_up(
    chore: Chore, frozen: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the reason is; and its kind may have a first wait of its own."""
    told: list[str] = []
    second = timedelta(seconds=1)

    def be_told(payload: dict[str, Any], reason: str) -> None:
        told.append(f"{payload['number']}: {reason}")

    own = replace(chore.kind(), first_wait=second, given_up=be_told)
    monkeypatch.setitem(KINDS, "chore", own)
    chore.work = fail
    chore.add(number=1)
    for tries in range(TRIES):
        assert (queue.do_due(), len(told)) == (1, tries // (TRIES - 1))
        frozen.move(second * 2**tries)
    chore.add(number=2)
    Job.objects.filter(state=State.WAITING).update(tries=TRIES)
    assert queue.do_due() == 1
    assert told == ["1: no luck", "2: every worker ended while running it"]


def test_what_a_failed_try_wrote_is_undone(chore: Chore) -> None:
    def half(_payload: dict[str, Any]) -> NoReturn:
        Bundle.objects.create(name="half")
        raise Failed("in the middle")

    chore.work = half
    chore.add()
    queue.do_due()
    assert not Bundle.objects.filter(name="half").exists()
    assert Job.objects.get().error == "in the middle"


def test_a_fault_of_ours_is_logged_and_stops_nothing(
    chore: Chore, caplog: pytest.LogCaptureFixture
) -> None:
    def divide(payload: dict[str, Any]) -> None:
        del payload["zero"]

    chore.work = divide
    chore.add(secret="s3cr3t")
    chore.add(secret="s3cr3t", zero=0)
    with caplog.at_level(logging.DEBUG):
        assert queue.do_due() == 2
    assert sorted(Job.objects.values_list("state", "error")) == [
        (State.DONE, ""),
        (State.WAITING, "KeyError"),
    ]
    assert "KeyError" in caplog.text
    assert "s3cr3t" not in caplog.text


def test_an_error_of_the_database_in_a_job_is_the_jobs(chore: Chore) -> None:
    def wrong(_payload: dict[str, Any]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1/0")

    chore.work = wrong
    chore.add()
    assert queue.do_due() == 1
    job = Job.objects.get()
    assert (job.state, job.error) == (State.WAITING, "DataError")


def test_a_job_that_kills_its_workers_is_given_up(chore: Chore) -> None:
    """A killed worker leaves nothing but the count of the try."""
    chore.add(secret="x")
    for _ in range(TRIES):
        queue._claim_job(KINDS["chore"])
    queue.do_due()
    assert chore.done == []
    job = Job.objects.get()
    assert (job.state, job.payload) == (State.DEAD, {})


def test_more_work_is_done_in_a_transaction_of_its_own(chore: Chore) -> None:
    left = [True, True, False]
    chore.work = lambda _: left.pop(0)
    chore.add()
    assert queue.do_due() == 3
    assert Job.objects.get().state == State.DONE


def test_jobs_are_done_though_the_clock_was_put_back(chore: Chore, frozen: FrozenClock) -> None:
    chore.add()
    frozen.move(timedelta(days=-3650))
    assert queue.do_due() == 1


# Regular work


@pytest.fixture
def daily(chore: Chore, monkeypatch: pytest.MonkeyPatch) -> Chore:
    """The chore, every day."""
    chore.every = timedelta(days=1)
    monkeypatch.setitem(KINDS, "chore", chore.kind())
    return chore


def test_regular_work_has_one_row_and_its_time(daily: Chore, frozen: FrozenClock) -> None:
    assert queue.do_due() == 1
    assert queue.do_due() == 0
    frozen.move(timedelta(days=1))
    assert queue.do_due() == 1
    assert len(daily.done) == 2
    job = Job.objects.get()
    assert (job.state, job.tries) == (State.WAITING, 0)
    assert job.due == frozen.now + timedelta(days=1)


def test_regular_work_is_never_given_up(daily: Chore, frozen: FrozenClock) -> None:
    daily.work = fail
    for _ in range(TRIES + 2):
        assert queue.do_due() == 1
        assert Job.objects.get().state == State.WAITING
        frozen.move(kinds.LONGEST_WAIT)
    daily.work = lambda _: None
    queue.do_due()
    assert Job.objects.get().due == frozen.now + timedelta(days=1)


# Several workers


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_one_does_the_job(chore: Chore) -> None:
    begun, free = Event(), Event()

    def wait(_payload: dict[str, Any]) -> None:
        begun.set()
        assert free.wait(30)

    def work() -> bool:
        try:
            return queue.do_next(KINDS["chore"])
        finally:
            connection.close()

    chore.work = wait
    chore.add()
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(work)
        assert begun.wait(30)
        assert not work()
        free.set()
        assert other.result()
    assert len(chore.done) == 1
    assert Job.objects.get().tries == 1


@pytest.mark.django_db(transaction=True)
def test_a_job_that_another_worker_took_meanwhile_is_left_to_it(
    chore: Chore, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = chore.add()
    Job.objects.update(state=State.DONE)
    monkeypatch.setattr(queue, "_claim_job", lambda _: job.pk)
    assert queue.do_next(KINDS["chore"])
    assert chore.done == []
