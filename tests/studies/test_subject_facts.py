"""What subjects did, as it is read from the store."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.catalog.models import ActivityType, Datatype, TrainingRoutine, Unit
from apps.enrolment.models import Study, StudySubject
from apps.fitness.models import AsyncValue, Kpi
from apps.records.models import Range
from apps.studies.models import Survey, SurveyAnswers
from apps.studies.planning.facts import TargetFacts
from apps.studies.planning.targets import PlanningTarget, TargetKind
from apps.studies.subject_facts import read_facts
from hexostore.hexotime import from_datetime
from tests.enrolment.cast import StudyCast, begin_study
from tests.studies.surveys import SYMPTOMS

DAY = date(2026, 2, 2)


def at(hour: int, day: int = 2) -> int:
    """The ticks of an hour UTC of a day in February 2026."""
    return from_datetime(datetime(2026, 2, day, hour, tzinfo=UTC))


def subject_of(cast: StudyCast) -> StudySubject:
    return StudySubject.objects.get(study=cast.study, user=cast.subject.user)


def target(kind: str, key: int | str) -> PlanningTarget:
    return PlanningTarget(TargetKind(kind), key)


def answer(survey: Survey, study: Study, user: Any, moment: int, **more: Any) -> None:
    SurveyAnswers.objects.create(
        **{"status": "completed", "fhir_answer": {}, "authored": "x", **more},
        survey=survey,
        study=study,
        user=user,
        moment=moment,
    )


@pytest.fixture
def cast(db: None) -> StudyCast:
    return begin_study()


def found(cast: StudyCast, *targets: PlanningTarget, days: int = 1) -> dict[Any, TargetFacts]:
    """What the subject of the cast did from DAY on."""
    subject = subject_of(cast)
    last = DAY + timedelta(days=days - 1)
    return dict(read_facts([subject], targets, DAY, last)[subject.pk])


@pytest.mark.rule("studies 5")
def test_ranges_count_by_their_type_their_routine_and_its_type(cast: StudyCast) -> None:
    rest, other = (ActivityType.objects.create(name=name) for name in ("resting", "other"))
    routine = TrainingRoutine.objects.create(name="rest test", activitytype=rest)
    mine: dict[str, Any] = {"user": cast.subject.user}
    rows = (
        {**mine, "start": at(12), "activitytype": rest},
        {**mine, "start": at(9), "trainingroutine": routine, "activitytype": rest},
        {**mine, "start": at(10), "trainingroutine": routine, "activitytype": other},
        {**mine, "start": at(11), "activitytype": other, "status": "processing"},
        {**mine, "start": at(8), "activitytype": rest, "autodetected": True},
        {"user": cast.other_subject.user, "start": at(7), "activitytype": rest},
    )
    for row in rows:
        Range.objects.create(**row)
    rests, tests = target("activitytype", rest.pk), target("trainingroutine", routine.pk)
    assert found(cast, rests, tests) == {
        rests: TargetFacts([at(9), at(10), at(12)]),
        tests: TargetFacts([at(9), at(10)]),
    }
    assert list(found(cast, rests)) == [rests]


@pytest.mark.rule("studies 5")
def test_answers_count_for_their_study_when_they_are_finished(cast: StudyCast) -> None:
    survey, other = (Survey.objects.create(fhir_questionnaire=SYMPTOMS) for _ in range(2))
    elsewhere, user = begin_study("day7").study, cast.subject.user
    answer(survey, cast.study, user, at(9), status="amended")
    answer(survey, cast.study, user, at(10), status="in-progress")
    answer(survey, cast.study, user, at(11), status="entered-in-error")
    answer(survey, elsewhere, user, at(12))
    answer(other, cast.study, user, at(13))
    answer(survey, cast.study, user, at(0), has_time=False)
    asked = target("survey", survey.pk)
    facts = found(cast, asked)
    assert facts[asked].moments == [at(9)]
    assert facts[asked].dates == {DAY: 1}


@pytest.mark.rule("studies 5")
def test_values_count_for_every_kpi_of_their_data_type(cast: StudyCast) -> None:
    unit = Unit.objects.create(si_short="kg")
    weight, lean = (
        Kpi.objects.create(name=name, title=name, unit=unit, least=0, most=9)
        for name in ("weight", "lean_mass")
    )
    scale, belt, other = (Datatype.objects.create(dataid=id_, name="x") for id_ in (901, 902, 903))
    weight.datatypes.set([scale, belt])
    lean.datatypes.set([belt])
    for hour, datatype in ((9, scale), (10, belt), (11, other)):
        AsyncValue.objects.create(user=cast.subject.user, datatype=datatype, start=at(hour), data=1)
    weights, leans = target("kpi", "weight"), target("kpi", "lean_mass")
    assert found(cast, weights, leans) == {
        weights: TargetFacts([at(9), at(10)]),
        leans: TargetFacts([at(10)]),
    }


def test_windows_of_every_zone_are_in_what_is_read(cast: StudyCast) -> None:
    rest = ActivityType.objects.create(name="resting")
    rests = target("activitytype", rest.pk)
    for hours in (-25, -15, 24 + 24 + 12, 24 * 5):
        start = at(0) + hours * 3600 * 256
        Range.objects.create(user=cast.subject.user, start=start, activitytype=rest)
    read = found(cast, rests)[rests].moments
    assert read == [at(0) - 15 * 3600 * 256, at(0) + 60 * 3600 * 256]


def test_many_subjects_cost_three_statements(
    cast: StudyCast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    subjects = list(StudySubject.objects.filter(study=cast.study))
    targets = [target("activitytype", 1), target("trainingroutine", 1)]
    targets += [target("survey", 1), target("kpi", "weight")]
    with django_assert_num_queries(3):
        assert read_facts(subjects, targets, DAY, DAY) == {each.pk: {} for each in subjects}
    with django_assert_num_queries(0):
        read_facts(subjects, [], DAY, DAY)
