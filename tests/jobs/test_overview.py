"""What `doctor` says of the queue."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NoReturn

import pytest

from apps.jobs import overview, queue
from apps.jobs.kinds import GiveUp
from apps.jobs.models import Job
from apps.sandbox import diagnosis
from tests.frozen import FrozenClock
from tests.jobs.conftest import Chore

pytestmark = pytest.mark.django_db


def test_an_empty_queue(chore: Chore) -> None:
    assert str(overview.count_jobs()) == "0 waiting"


def test_what_waits_and_what_was_given_up(chore: Chore, frozen: FrozenClock) -> None:
    def hopeless(_payload: dict[str, Any]) -> NoReturn:
        raise GiveUp("SMTPDataError 554")

    chore.work = hopeless
    chore.add()
    queue.do_due()
    chore.add()
    frozen.move(timedelta(seconds=30))
    chore.add()
    found = overview.count_jobs()
    assert str(found) == (
        "2 waiting, the oldest for 30 s; 1 given up; last error: SMTPDataError 554"
    )
    assert not found.late
    assert diagnosis._describe_queue() == str(found)


def test_an_hour_of_waiting_is_a_problem(chore: Chore, frozen: FrozenClock) -> None:
    chore.add()
    frozen.move(overview.LATE + timedelta(seconds=1))
    with pytest.raises(diagnosis.Problem, match=r"1 waiting.*EMAIL_URL"):
        diagnosis._describe_queue()


def test_regular_work_does_not_wait(chore: Chore, frozen: FrozenClock) -> None:
    Job.objects.create(kind="chore", regular=True, due=frozen.now)
    frozen.move(timedelta(days=9))
    assert str(overview.count_jobs()) == "0 waiting"
