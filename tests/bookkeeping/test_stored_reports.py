"""A stored report gives what a report with its arguments gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from apps.accounts.models import User
from apps.api.versions import HEADER
from apps.catalog.models import ActivityType, Datatype, Metric, Unit
from apps.records.models import Range, Record
from apps.signals.storage import store
from tests.metrics.conftest import athlete, datatypes, outsider, record
from tests.signals.conftest import HR, START, client_of, new_record

__all__ = ["athlete", "datatypes", "outsider", "record"]

HOUR = 3600 * 256


@pytest.fixture(autouse=True)
def metrics(db: None) -> None:
    bpm = Unit.objects.create(id=700, si_short="bpm")
    for key, name in ((44, "heartrate_avg"), (46, "heartrate_max")):
        Metric.objects.create(id=key, name=name, unit=bpm)


def store_report(user: User, **members: Any) -> str:
    """The path of a stored report with these members, which was posted."""
    sent = {"include_metrics": ["/api/metric/46/", "/api/metric/44/"], **members}
    made = client_of(user).post("/api/templatereport/", sent, format="json")
    assert made.status_code == 201, made.content
    path: str = made.json()["resource_uri"]
    return path


def report(by: User, version: str = "4.0.x", **params: Any) -> Any:
    answer = client_of(by).get("/api/report/", params, headers={HEADER: version})
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_of_a_record(record: Record, athlete: User) -> None:
    path = store_report(athlete, record="/api/record/37/")
    found = report(athlete, templatereport=path)
    assert [each["value"] for each in found["metrics"]] == [74.5, 79]
    assert found == report(athlete, user=1511, record=37, include_metrics="44,46")
    assert report(athlete, templatereport=path.split("/")[3]) == found
    assert report(athlete, templatereport__exact=path) == found
    refused = client_of(athlete).get("/api/report/", {"templatereport__in": path, "record": "37"})
    text = "'in' is not an allowed filter on the 'templatereport' field."
    assert (refused.status_code, refused.json()) == (400, {"error": text})


@pytest.mark.rule("metrics 7", "metrics 11")
def test_of_a_range_and_of_a_time_of_a_category(record: Record, athlete: User) -> None:
    running = ActivityType.objects.create(id=10, name="run", category="running")
    run = Range.objects.create(user=athlete, start=START, end=START + 512, activitytype=running)
    hours: dict[str, Any] = {"start": START + 1, "end": START + 2}
    path = store_report(athlete, category="/api/activitytype/10/", **hours)
    found = report(athlete, templatereport=path)
    assert found["metrics"][0]["value"] == 70.5
    stored = client_of(athlete).get(path).json()
    assert found == report(
        athlete,
        user=stored["user"],
        category=stored["category"],
        start=stored["start"],
        end=stored["end"],
        include_metrics=stored["include_metrics"],
    )
    of_range = store_report(athlete, range=f"/api/range/{run.pk}/")
    assert report(athlete, templatereport=of_range) == found


def test_what_the_request_says_stands_before_what_is_stored(
    record: Record, athlete: User, datatypes: dict[int, Datatype]
) -> None:
    later = new_record(athlete, START + 2560, 1)
    store.write_channel(later, datatypes[HR], np.array([100]))
    path = store_report(athlete, record="/api/record/37/")
    found = report(athlete, templatereport=path, record=later.pk, include_metrics__in="44")
    assert [each["value"] for each in found["metrics"]] == [100]


def test_in_2014_a_report_names_the_stored_one(record: Record, athlete: User) -> None:
    path = store_report(athlete, record="/api/record/37/")
    assert report(athlete, "2.0.x", templatereport=path)["report"] == path


def test_what_is_not_seen_is_not_there(record: Record, athlete: User, outsider: User) -> None:
    path = store_report(athlete, record="/api/record/37/")
    for by, named, status in (
        (outsider, path, 404),
        (athlete, "4711", 404),
        (athlete, "/api/record/37/", 400),
    ):
        answer = client_of(by).get("/api/report/", {"templatereport": named})
        assert answer.status_code == status
