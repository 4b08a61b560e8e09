"""Reports of answers, with the rows of csvsurveyanswers, and of metrics."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.catalog.models import Datatype
from apps.enrolment.models import StudyGroup, StudySubject
from apps.metrics.models import RecordResults
from apps.records.models import Range, Record
from apps.sandbox import seeds
from apps.signals.storage import store
from apps.studies.models import Survey
from apps.studies.reports import metric_values
from apps.studies.reports.generation import generate_report
from tests.enrolment.cast import StudyCast
from tests.people import Caller
from tests.signals.conftest import CATALOG
from tests.studies.reports.conftest import (
    GENERATED,
    Json,
    at,
    lines_of,
    make,
    new_report,
    rows_of,
    table_of,
)
from tests.studies.surveys import answer, question, questionnaire, response

HEART_RATE, VO2MAX = 44, 9025
HR = 19


@pytest.fixture
def survey(db: None) -> Survey:
    asked = questionnaire(question("1"), question("2", "decimal"), question("why", "text"))
    return Survey.objects.create(name="symptoms", fhir_questionnaire=asked)


def send_answer(cast: StudyCast, survey: Survey, who: Caller, authored: str, **more: Any) -> None:
    fhir = response(
        answer("1", {"valueBoolean": True}),
        answer("2", {"valueDecimal": -1.5}),
        answer("why", {"valueString": "=Cora, because"}),
        authored=authored,
        **more,
    )
    body = {
        "survey": f"/api/survey/{survey.pk}/",
        "study": f"/api/study/{cast.study.pk}/",
        "subject": who.user.username,
        "fhir_answer": fhir,
    }
    sent = cast.owner.post("/api/surveyanswers/", body)
    assert sent.status_code == 201, sent.content


def of_answers(cast: StudyCast, survey: Survey, **more: Any) -> Json:
    return {"kind": "answers", "survey": f"/api/survey/{survey.pk}/", **more}


@pytest.mark.rule("studies 9.2")
def test_answers_are_those_of_the_other_file(cast: StudyCast, survey: Survey) -> None:
    send_answer(cast, survey, cast.subject, "2026-02-02T09:30:00+01:00")
    send_answer(cast, survey, cast.other_subject, "2026-02-03", status="amended")
    StudySubject.objects.filter(user=cast.other_subject.user).update(withdrawn="2026-02-10T00:00Z")
    made = make(cast, new_report(cast, **of_answers(cast, survey)))
    query = {"study": cast.study.pk, "survey": survey.pk}
    other = cast.owner.get("/api/csvsurveyanswers/", query)
    assert cast.owner.get(made["file"]).content == other.getvalue()
    first, second = rows_of(cast.owner, made)
    assert (first["2"], first["why"], first["authored"]) == (
        "-1.5",
        "=Cora, because",
        "2026-02-02T09:30:00+01:00",
    )
    assert (second["subject"], second["status"]) == ("night7_002", "amended")
    assert lines_of(cast.owner, made)[0]["why"] == "'=Cora, because"


def test_answers_of_some_days_and_of_a_group(cast: StudyCast, survey: Survey) -> None:
    group = StudyGroup.objects.create(study=cast.study, name="Control")
    StudySubject.objects.filter(user=cast.other_subject.user).update(study_group=group)
    for day in ("2026-02-01", "2026-02-02", "2026-02-03"):
        send_answer(cast, survey, cast.subject, day)
    send_answer(cast, survey, cast.other_subject, "2026-02-02T00:30:00+02:00")
    some = table_of(cast, **of_answers(cast, survey, start="2026-02-02", end="2026-02-03"))
    assert [row["authored"] for row in some] == ["2026-02-02"]
    of_group = of_answers(cast, survey, study_group=f"/api/studygroup/{group.pk}/")
    assert [row["subject"] for row in table_of(cast, **of_group)] == ["night7_002"]


@pytest.mark.rule("studies 9.3")
def test_answers_that_do_not_say_who_gave_them(cast: StudyCast, survey: Survey) -> None:
    for day in ("2026-02-02", "2026-02-09"):
        send_answer(cast, survey, cast.subject, day)
    made = make(cast, new_report(cast, **of_answers(cast, survey)), deidentify=True)
    text = cast.owner.get(made["file"]).content.decode().lower()
    assert "cora" not in text
    assert "night7" not in text
    assert "2026-02" not in text
    first, second = rows_of(cast.owner, made)
    assert first["subject"] == second["subject"]
    assert (first["1"], first["2"], first["why"]) == ("yes", "-1.5", "")
    apart = np.datetime64(second["authored"]) - np.datetime64(first["authored"])
    assert apart == np.timedelta64(7, "D")


@pytest.fixture
def catalogue(db: None) -> None:
    everything = seeds.read_all(CATALOG)
    seeds.load({name: everything[name] for name in ("unit", "datatype", "metric")})


def record(person: Caller, day: int, rate: int, hour: float = 12) -> None:
    """Ten seconds of a heart rate."""
    start = at(day, hour)
    made = Record.objects.create(user=person.user, start=start, end=start + 2560)
    store.write_channel(made, Datatype.objects.get(pk=HR), np.full(10, rate))


def of_metrics(*metrics: int, **more: Any) -> Json:
    return {"kind": "metrics", "include_metrics": list(metrics), **more}


def numbers(row: Json) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("n", "mean", "min", "max"))


@pytest.mark.usefixtures("catalogue")
def test_metrics_of_what_was_recorded_in_the_study(cast: StudyCast) -> None:
    """The study is from 2 February on, by the clock of each subject."""
    StudySubject.objects.filter(user=cast.subject.user).update(timezone="America/Montreal")
    record(cast.subject, 2, 200, hour=4)  # still 1 February in Montreal
    for day, rate in ((2, 60), (3, 70), (5, 92)):
        record(cast.subject, day, rate)
    record(cast.other_subject, 2, 55, hour=0)
    record(cast.outsider, 2, 90)
    rows = table_of(cast, **of_metrics(HEART_RATE))
    assert {row["subject"]: numbers(row) for row in rows} == {
        "night7_001": (3, 74.0, 60.0, 92.0),
        "night7_002": (1, 55.0, 55.0, 55.0),
    }
    assert {(row["metric"], row["name"], row["unit"]) for row in rows} == {
        (HEART_RATE, "heartrate_avg", "bpm")
    }
    some = table_of(cast, **of_metrics(HEART_RATE, start="2026-02-03", end="2026-02-05"))
    assert [numbers(row) for row in some] == [(1, 70.0, 70.0, 70.0), (0, None, None, None)]


@pytest.mark.usefixtures("catalogue")
def test_metrics_of_tests_are_those_of_ranges(cast: StudyCast) -> None:
    """A range found automatically does not count, nor does a failed value."""
    for day, value in ((3, 41.5), (4, 43.5), (5, None)):
        given: list[Json] = [{"metric": VO2MAX, "value": value, "zones": []}]
        start = at(day, 12)
        for hidden in (False, True):
            Range.objects.create(
                user=cast.subject.user,
                start=start,
                end=start + 2560,
                metrics=given,
                autodetected=hidden,
            )
    record(cast.subject, 2, 70)
    rows = table_of(cast, **of_metrics(VO2MAX, HEART_RATE))
    found = {(row["subject"], row["metric"]): numbers(row) for row in rows}
    assert found["night7_001", VO2MAX] == (2, 42.5, 41.5, 43.5)
    assert found["night7_001", HEART_RATE] == (1, 70.0, 70.0, 70.0)
    assert found["night7_002", VO2MAX] == (0, None, None, None)


@pytest.mark.usefixtures("catalogue")
def test_metrics_of_groups_and_without_names(cast: StudyCast) -> None:
    group = StudyGroup.objects.create(study=cast.study, name="Control")
    StudySubject.objects.all().update(study_group=group)
    for day, rate in ((2, 60), (3, 70)):
        record(cast.subject, day, rate)
    record(cast.other_subject, 2, 53)
    (row,) = table_of(cast, **of_metrics(HEART_RATE, group_by="group"))
    assert (row["study_group"], row["subjects"], *numbers(row)) == ("Control", 2, 3, 61, 53, 70)
    told = table_of(cast, **of_metrics(HEART_RATE), deidentify=True)
    assert sorted(each["n"] for each in told) == [1, 2]
    assert all(each["subject"].startswith("s") for each in told)


@pytest.mark.usefixtures("catalogue")
def test_metrics_are_computed_piece_by_piece_and_kept(
    cast: StudyCast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metric_values, "BATCH", 2)
    for day in range(2, 7):
        record(cast.subject, day, 60 + day)
    report = new_report(cast, **of_metrics(HEART_RATE))
    payload: Json = {"generated": cast.owner.post(GENERATED, {"report": report}).json()["id"]}
    seen = []
    while generate_report(payload):
        seen.append((payload["position"], RecordResults.objects.count()))
    assert seen == [(2, 2), (4, 4), (None, 5)]
    with CaptureQueriesContext(connection) as statements:
        assert make(cast, report)["status"] == "complete"
    computed = [each for each in statements.captured_queries if "signals_chunk" in each["sql"]]
    assert computed == []


@pytest.mark.usefixtures("catalogue")
def test_too_much_is_said(cast: StudyCast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metric_values, "MOST_FOUND", 1)
    record(cast.subject, 2, 60)
    record(cast.subject, 3, 60)
    made = make(cast, new_report(cast, **of_metrics(HEART_RATE)))
    assert made["error"] == "It would be about more than 1 records or ranges."
    monkeypatch.setattr("apps.studies.reports.report_table.MOST_ROWS", 1)
    made = make(cast, new_report(cast))
    assert made["error"] == "The report would have more than 1 rows."
