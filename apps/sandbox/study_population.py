"""Invented subjects of a study, who do what is planned more or less reliably."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, timedelta
from random import Random
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction

from apps.accounts.models import Profile, User
from apps.enrolment.models import Study, StudyGroup, StudySubject
from apps.records.models import Range
from apps.studies.models import Survey, SurveyAnswers
from apps.studies.planning.expansion import expand, last_study_day
from apps.studies.planning.reading import stored_planning
from apps.studies.planning.schedule import Planning, Schedule
from apps.studies.planning.targets import PlanningTarget, TargetKind
from apps.studies.planning.windows import ZoneWindows
from apps.studies.surveys.questionnaire import Questionnaire, QuestionType, SurveyQuestion
from apps.studies.surveys.questionnaire_reading import read_questionnaire
from hexostore import hexotime
from hexostore.database.turns import take_turns
from hexostore.hexotime import TICKS_PER_SECOND

DAYS_OF_STARTS = 14
"""Days over which the starts of subjects are spread."""
LONGEST_RANGE = 30 * 60 * TICKS_PER_SECOND
_NAME = re.compile(r"sim(\d{4,9})", re.ASCII)
"""What subjects are called here."""
_ADHERENCES_SPREAD = 8.0
"""How alike subjects are; more makes them more alike."""
_HEIGHT = {"F": 1.64, "M": 1.77}
"""The mean height of adults in metres, and around it a standard deviation of 0.07."""
_MASS_INDEX, _SLIMMEST = 24.5, 18.5
"""kg per square metre: the mean, and the least of healthy adults (WHO), with a standard deviation
of 3.2. Weight follows from it, so that tall people are heavier."""


@transaction.atomic
def begin_population(
    study: Study,
    size: int,
    adherence: float,
    first_start: date,
    until: date,
    seed: int = 1,
    spread_days: int = DAYS_OF_STARTS,
) -> list[StudySubject]:
    """Make subjects who start within `spread_days` from `first_start` on, and what they did before
    the day `until`.

    Of what is planned, each does a share of their own, which on average is `adherence` (more than
    0, less than 1). Ranges and answers are made, but no values of KPIs. The same seed gives the
    same subjects. They cannot log in before somebody sets a password.
    """
    draw = Random(seed)  # noqa: S311 - simulation
    subjects = _make_subjects(study, size, first_start, spread_days, draw)
    planning, windows = stored_planning(study.planning), ZoneWindows(study.timezone)
    questionnaires = {
        survey.pk: read_questionnaire(survey.fhir_questionnaire)
        for survey in Survey.objects.filter(pk__in=_surveys(planning))
    }
    ranges: list[Range] = []
    answers: list[SurveyAnswers] = []
    for subject, share in zip(subjects, draw_shares(size, adherence, seed), strict=True):
        for target, moment in _done(study, subject, planning, until, share, windows, draw):
            if target.kind is TargetKind.SURVEY:
                questionnaire = questionnaires[int(target.key)]
                answers.append(_answers(study, subject, target, moment, questionnaire, draw))
            elif target.kind is not TargetKind.KPI:
                ranges.append(_range(subject, target, moment, draw))
    Range.objects.bulk_create(ranges, batch_size=2_000)
    SurveyAnswers.objects.bulk_create(answers, batch_size=2_000, ignore_conflicts=True)
    return subjects


def draw_shares(size: int, adherence: float, seed: int) -> list[float]:
    """Return which share of what is planned each subject does, on average `adherence`."""
    draw = Random(f"{seed}/shares")  # noqa: S311 - simulation
    done, left = adherence * _ADHERENCES_SPREAD, (1 - adherence) * _ADHERENCES_SPREAD
    return [draw.betavariate(done, left) for _ in range(size)]


def _surveys(planning: Planning) -> set[int]:
    targets = (item.schedule.target for item in planning)
    return {int(each.key) for each in targets if each and each.kind is TargetKind.SURVEY}


def _make_subjects(
    study: Study, size: int, first_start: date, spread_days: int, draw: Random
) -> list[StudySubject]:
    """Users with profiles who are subjects, in the groups of the study by turns."""
    taken = _hold_numbers(study)
    names = [f"sim{taken + number:04}" for number in range(1, size + 1)]
    password = make_password(None)
    users = User.objects.bulk_create(
        User(username=f"{study.uuid.lower()}_{name}", password=password) for name in names
    )
    Profile.objects.bulk_create(_profile(user, draw) for user in users)
    groups: Sequence[StudyGroup | None] = list(study.groups.all()) or [None]
    return StudySubject.objects.bulk_create(
        StudySubject(
            study=study,
            user=user,
            subject_id=name,
            study_group=groups[number % len(groups)],
            start_date=first_start + timedelta(days=draw.randrange(spread_days)),
        )
        for number, (user, name) in enumerate(zip(users, names, strict=True))
    )


def _hold_numbers(study: Study) -> int:
    """Return the number after which names are free, and have nobody else make subjects of the study
    in this way until the transaction ends."""
    take_turns(f"population of study {study.pk}")
    before = f"{study.uuid.lower()}_"
    named = User.objects.filter(username__startswith=f"{before}sim").values_list("username")
    names = {name.removeprefix(before) for (name,) in named}
    subjects = study.subjects.filter(subject_id__startswith="sim")
    names.update(subjects.values_list("subject_id", flat=True))
    numbers = [int(found[1]) for name in names if (found := _NAME.fullmatch(name))]
    return max([study.subjects.count(), *numbers])


def _profile(user: User, draw: Random) -> Profile:
    sex = draw.choice("FM")
    born = date(1940, 1, 1) + timedelta(days=draw.randrange(60 * 365))
    height = round(draw.gauss(_HEIGHT[sex], 0.07), 2)
    mass_index = max(draw.gauss(_MASS_INDEX, 3.2), _SLIMMEST)
    weight = round(mass_index * height**2, 1)
    return Profile(user=user, gender=sex, date_of_birth=born, height=height, weight=weight)


def _done(
    study: Study,
    subject: StudySubject,
    planning: Planning,
    until: date,
    share: float,
    windows: ZoneWindows,
    draw: Random,
) -> Iterator[tuple[PlanningTarget, int]]:
    """What a subject did, with the moments in ticks, each in the window of its event."""
    last = last_study_day(subject.start_date, study.duration_in_days) or until
    last = min(last, until - timedelta(days=1))
    for schedule in (item.schedule for item in planning):
        if schedule.target is None:
            continue
        for moment in _moments(schedule, subject.start_date, last, windows, draw):
            if draw.random() < share:
                yield schedule.target, moment


def _moments(
    schedule: Schedule, start: date, last: date, windows: ZoneWindows, draw: Random
) -> Iterator[int]:
    """A moment in the window of each event."""
    for day in expand(schedule, start, last):
        window = windows.on_day(*schedule.times, day)
        for _ in range(schedule.events_a_day):
            yield draw.randrange(window.start, window.end)


def _range(subject: StudySubject, target: PlanningTarget, moment: int, draw: Random) -> Range:
    end = moment + draw.randrange(LONGEST_RANGE // 10, LONGEST_RANGE)
    key = int(target.key)
    if target.kind is TargetKind.TRAINING_ROUTINE:
        return Range(user_id=subject.user_id, start=moment, end=end, trainingroutine_id=key)
    return Range(user_id=subject.user_id, start=moment, end=end, activitytype_id=key)


def _answers(
    study: Study,
    subject: StudySubject,
    target: PlanningTarget,
    moment: int,
    questionnaire: Questionnaire,
    draw: Random,
) -> SurveyAnswers:
    whole = moment - moment % TICKS_PER_SECOND
    authored = hexotime.to_datetime(whole).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    response = {
        "resourceType": "QuestionnaireResponse",
        "status": "completed",
        "authored": authored,
        "item": list(_items(questionnaire.items, draw)),
    }
    return SurveyAnswers(
        survey_id=int(target.key),
        study=study,
        user_id=subject.user_id,
        fhir_answer=response,
        status="completed",
        authored=authored,
        moment=whole,
    )


def _items(questions: Sequence[SurveyQuestion], draw: Random) -> Iterator[dict[str, Any]]:
    """Answers to the questions that ask for yes or no, a number or a choice. Conditions are not
    looked at, and questions within questions are left out."""
    for question in questions:
        if question.type is QuestionType.GROUP:
            yield {"linkId": question.link_id, "item": list(_items(question.items, draw))}
        elif (value := _value(question, draw)) is not None:
            yield {"linkId": question.link_id, "answer": [value]}


def _value(question: SurveyQuestion, draw: Random) -> dict[str, Any] | None:
    if question.options:
        option = draw.choice(question.options)
        return {option.name: option.value}
    if question.type is QuestionType.BOOLEAN:
        return {"valueBoolean": draw.random() < 0.3}
    if question.type is QuestionType.INTEGER:
        return {"valueInteger": draw.randrange(11)}
    if question.type is QuestionType.DECIMAL:
        return {"valueDecimal": round(draw.uniform(0, 10), 1)}
    return None
