"""Reports that tests ask for, and what stands in them."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest

from apps.catalog.models import ActivityType
from apps.enrolment.models import StudySubject
from apps.jobs.kinds import KINDS
from apps.jobs.queue import do_next
from apps.records.models import Range
from apps.studies.reports.generation import JOB
from hexostore.hexotime import from_datetime
from tests.enrolment.cast import StudyCast
from tests.frozen import FrozenClock, frozen
from tests.people import Caller

__all__ = ["frozen"]

REPORTS, GENERATED = "/api/studyreport/", "/api/studygeneratedreport/"
NOW = datetime(2026, 2, 6, 12, tzinfo=UTC)
"""Friday of the first week: subjects of the cast begin on Monday, 2 February 2026."""

Json = dict[str, Any]


@pytest.fixture
def friday(frozen: FrozenClock) -> FrozenClock:
    """The clock of the server, at NOW."""
    frozen.now = NOW
    return frozen


@pytest.fixture
def resting(db: None) -> ActivityType:
    return ActivityType.objects.create(name="resting")


def at(day: int, hour: float) -> int:
    """The ticks of an hour UTC of a day in February 2026."""
    return from_datetime(datetime(2026, 2, day, tzinfo=UTC) + timedelta(hours=hour))


def rest(person: Caller, kind: ActivityType, *moments: int) -> None:
    """Have somebody do something at some moments."""
    for start in moments:
        Range.objects.create(user=person.user, start=start, end=start + 1000, activitytype=kind)


def daily(kind: ActivityType, **schedule: Any) -> Json:
    """An item of a planning that is done every day."""
    uri = f"/api/activitytype/{kind.pk}/"
    return {
        "name": "rest test",
        "event_schedule": {"repeat_frequency": "P1D", "resource_uri": uri, **schedule},
    }


def plan(cast: StudyCast, *items: Json) -> None:
    """Give the study of the cast a planning."""
    cast.study.planning = list(items)
    cast.study.save()


def subject_of(cast: StudyCast, person: Caller) -> StudySubject:
    return StudySubject.objects.get(study=cast.study, user=person.user)


def new_report(cast: StudyCast, kind: str = "compliance", **more: Any) -> str:
    """The URI of a new report."""
    body = {"study": f"/api/study/{cast.study.pk}/", "name": kind, "kind": kind, **more}
    answer = cast.owner.post(REPORTS, body)
    assert answer.status_code == 201, answer.content
    uri: str = answer.json()["resource_uri"]
    return uri


def make(cast: StudyCast, report: str, **more: Any) -> Json:
    """A generated report, when it is made."""
    answer = cast.owner.post(GENERATED, {"report": report, **more})
    assert answer.status_code == 201, answer.content
    while do_next(KINDS[JOB]):
        pass
    found: Json = cast.owner.get(answer.json()["resource_uri"]).json()
    return found


def table_of(cast: StudyCast, kind: str = "compliance", **more: Any) -> list[Json]:
    """The rows of a new report, as JSON; `deidentify` is for the making of it."""
    making = {name: more.pop(name) for name in ("deidentify",) if name in more}
    made = make(cast, new_report(cast, kind, **more), **making)
    assert made["status"] == "complete", made
    return rows_of(cast.owner, made)


def rows_of(caller: Caller, made: Json) -> list[Json]:
    found = caller.get(made["file"], {"format": "json"}).json()
    assert found["meta"] == {"total_count": made["rows"]}
    rows: list[Json] = found["objects"]
    assert len(rows) == made["rows"]
    return rows


def lines_of(caller: Caller, made: Json) -> list[dict[str, str]]:
    """The rows of the CSV file."""
    answer = caller.get(made["file"])
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(StringIO(answer.content.decode(), newline="")))
