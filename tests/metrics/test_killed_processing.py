"""A worker that is killed with -9 while it processes a record, at several moments of the work."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from select import select
from time import sleep
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from django.db import connection

from apps.accounts.models import User
from apps.catalog.models import Datatype
from apps.jobs.models import Job
from apps.metrics import ahead, processing
from apps.metrics.models import RangeResults
from apps.records.models import Range, Record
from apps.signals.storage import store as signals
from tests.catalogue import load_catalogue
from tests.jobs.test_worker import PATIENCE, start, wait_until_done
from tests.signals.conftest import START, client_of, new_record

pytestmark = pytest.mark.django_db(transaction=True)

HOURS, SLEEP, PHASE = 5, 12, 280


@pytest.fixture
def night(db: None, athlete: User, datatypes: dict[int, Datatype]) -> Record:
    """A record of lying still, with activity and position."""
    load_catalogue()
    made = new_record(athlete, seconds=3600 * HOURS)
    signals.write_channel(made, datatypes[19], np.full(3600 * HOURS, 60))
    signals.write_channel(made, datatypes[49], np.zeros(3600 * HOURS, int))
    signals.write_events(made, datatypes[270], np.array([0]), np.array([2]))
    return made


MOMENTS = {
    10: (processing, "set_status", "queued"),
    50: (processing, "work_out_record", "processing"),
    90: (ahead, "compute_ahead", "complete"),
}
"""The percent of the work, what a worker has just done when it is killed, in the transaction that
is lost with it, and the status that the record has then."""


def has_phases(night: Record) -> bool:
    """Whether the phases of the sleep are derived."""
    return night.channels.filter(datatype=PHASE).exists()


@contextmanager
def stopping(percent: int) -> Iterator[int]:
    """Have workers that are started meanwhile stop at a moment of the work; what they write to
    the pipe whose end is given tells that they are there."""
    module, name, _ = MOMENTS[percent]
    work = getattr(module, name)
    tells, told = os.pipe()

    def stop(*given: Any) -> Any:
        found = work(*given)
        os.write(told, b".")
        sleep(PATIENCE)
        return found

    with patch.object(module, name, stop):
        yield tells
    os.close(told)
    os.close(tells)


@pytest.mark.parametrize("percent", MOMENTS)
def test_the_next_worker_goes_on_from_the_last_step(
    athlete: User, night: Record, percent: int
) -> None:
    made = Range.objects.create(user=athlete, start=START, end=night.end, activitytype_id=SLEEP)
    with stopping(percent) as tells, start() as killed:
        assert select([tells], [], [], PATIENCE)[0]
        connection.close()
        killed.kill()
        killed.join(PATIENCE)
    night.refresh_from_db()
    assert night.status == MOMENTS[percent][2]
    assert has_phases(night) == (percent == 90)
    assert not RangeResults.objects.exists()
    job = Job.objects.get(kind=processing.JOB)
    with start():
        wait_until_done(job)
    night.refresh_from_db()
    assert night.status == "complete"
    assert has_phases(night)
    assert RangeResults.objects.filter(pk=made.pk).exists()
    shown = client_of(athlete).get(f"/api/range/{made.pk}/?include_metrics=44").json()
    assert {each["id"]: each["value"] for each in shown["metrics"]}[44] == 60
