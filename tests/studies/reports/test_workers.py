"""Reports are made by workers, which may be killed at any moment."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from select import select
from time import sleep
from types import ModuleType
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection

from apps.jobs.kinds import KINDS
from apps.jobs.models import Job
from apps.jobs.queue import do_next
from apps.studies.models import StudyGeneratedReport
from apps.studies.reports import compliance, generation
from hexostore import clock
from tests.enrolment.cast import StudyCast
from tests.jobs.test_worker import PATIENCE, start, wait_until_done
from tests.studies.reports.conftest import GENERATED, new_report

pytestmark = pytest.mark.django_db(transaction=True)

MOMENTS: dict[str, tuple[ModuleType, str]] = {
    "facts read": (compliance, "read_facts"),
    "all but the end": (generation, "_end"),
}
"""What a worker has just done when it is killed."""


@contextmanager
def stopping(moment: str) -> Iterator[int]:
    """Have workers that are started meanwhile stop at a moment; what they write to the pipe whose
    end is given tells that they are there."""
    module, name = MOMENTS[moment]
    work = getattr(module, name)
    tells, told = os.pipe()

    def stop(*given: Any, **more: Any) -> Any:
        found = work(*given, **more)
        os.write(told, b".")
        sleep(PATIENCE)
        return found

    with patch.object(module, name, stop):
        yield tells
    os.close(told)
    os.close(tells)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_worker_leaves_nothing_and_the_next_one_does_it_all(
    cast: StudyCast, moment: str
) -> None:
    made = cast.owner.post(GENERATED, {"report": new_report(cast)}).json()["resource_uri"]
    with stopping(moment) as tells, start() as killed:
        assert select([tells], [], [], PATIENCE)[0]
        left = cast.owner.get(made).json()
        connection.close()
        killed.kill()
        killed.join(PATIENCE)
    assert (left["status"], left["file"], left["rows"]) == ("processing", None, None)
    assert 0 < left["progress"] < 1
    assert cast.owner.get(made).json() == left
    job = Job.objects.get(kind=generation.JOB)
    with start():
        wait_until_done(job)
    done = cast.owner.get(made).json()
    assert (done["status"], done["progress"], done["rows"]) == ("complete", 1, 2)


def test_a_report_that_cannot_be_made_ends(
    cast: StudyCast, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = cast.owner.post(GENERATED, {"report": new_report(cast)}).json()["resource_uri"]
    monkeypatch.setattr(generation, "_make_table", lambda *_: 1 / 0)
    for _ in range(generation.TRIES):
        assert cast.owner.get(made).json()["status"] != "error"
        Job.objects.update(due=clock.now())
        assert do_next(KINDS[generation.JOB])
    found = cast.owner.get(made).json()
    assert (found["status"], found["progress"], found["file"]) == ("error", 1, None)
    assert found["error"] == generation.OUR_FAULT
    assert cast.owner.get(f"{made}file/").status_code == 404


def test_a_report_that_was_removed_meanwhile_is_left_alone(cast: StudyCast) -> None:
    made = cast.owner.post(GENERATED, {"report": new_report(cast)}).json()["resource_uri"]
    assert cast.owner.delete(made).status_code == 204
    assert do_next(KINDS[generation.JOB])
    assert Job.objects.get(kind=generation.JOB).state == Job.State.DONE
    assert not StudyGeneratedReport.objects.exists()
