"""`deidentify=1` on the files of subjects and answers (studies 9.3)."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any

import pytest

from apps.accounts.models import Profile
from apps.enrolment.models import StudySubject
from apps.studies import answer_files
from apps.studies.models import Survey
from apps.studies.pseudonyms import deidentify_study
from tests.enrolment.cast import StudyCast, begin_study
from tests.people import Caller
from tests.studies.reports.test_answers_and_metrics import send_answer, survey

__all__ = ["survey"]

pytestmark = pytest.mark.rule("studies 9.3")


def file_of(caller: Caller, path: str, **query: Any) -> list[dict[str, str]]:
    answer = caller.get(path, {**query, "deidentify": 1})
    assert answer.status_code == 200
    whole = answer.getvalue()
    return list(csv.DictReader(StringIO(whole.decode(), newline="")))


def test_a_file_of_subjects(cast: StudyCast) -> None:
    Profile.objects.filter(user=cast.subject.user).update(date_of_birth="1988-04-09", gender="F")
    how = deidentify_study(cast.study.pk)
    rows = file_of(cast.admin, "/api/csvstudysubjects/", study=cast.study.pk)
    assert [row["subject_id"] for row in rows] == sorted(
        how.pseudonym(person.user.pk) for person in (cast.subject, cast.other_subject)
    )
    mine = how.pseudonym(cast.subject.user.pk)
    (row,) = [row for row in rows if row["subject_id"] == mine]
    start = StudySubject.objects.get(user=cast.subject.user).start_date
    assert row == {
        "subject_id": mine,
        "group": "",
        "start_date": how.moved_date(cast.subject.user.pk, start).isoformat(),
        "gender": "F",
        "year_of_birth": "1988",
        "height": "",
        "weight": "",
    }


@pytest.mark.parametrize("path", ["csvstudysubjects", "csvsurveyanswers"])
@pytest.mark.parametrize(
    ("query", "is_told"),
    [
        ("deidentify=0&deidentify=1", False),
        ("deidentify=1&deidentify=0", True),
        ("deidentify__exact=1", False),
        ("deidentify=0&deidentify__exact=1", False),
        ("deidentify=", True),
        ("deidentify=no", True),
    ],
)
def test_the_last_of_several_values_counts(
    cast: StudyCast, survey: Survey, path: str, query: str, is_told: bool
) -> None:
    send_answer(cast, survey, cast.subject, "2026-02-02")
    answer = cast.owner.get(f"/api/{path}/?study={cast.study.pk}&{query}")
    assert answer.status_code == 200
    assert (cast.subject.user.username in answer.getvalue().decode()) is is_told


def test_a_file_of_answers_of_two_studies(
    cast: StudyCast, survey: Survey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is in both has a pseudonym in each. The subjects are read one by one here."""
    monkeypatch.setattr(answer_files, "SUBJECTS", 1)
    other = begin_study("other7")
    StudySubject.objects.create(
        study=other.study, user=cast.subject.user, subject_id="x", start_date="2026-02-02"
    )
    for one, day in ((cast, "2026-02-02"), (cast, "2026-02-09"), (other, "2026-02-02")):
        send_answer(one, survey, cast.subject, day)
    send_answer(cast, survey, cast.other_subject, "2026-02-02")
    rows = file_of(cast.staff, "/api/csvsurveyanswers/")
    names = [row["subject"] for row in rows]
    pairs = [(cast, cast.subject), (cast, cast.subject), (other, cast.subject)]
    pairs.append((cast, cast.other_subject))
    assert names == sorted(
        deidentify_study(one.study.pk).pseudonym(who.user.pk) for one, who in pairs
    )
    assert {row["why"] for row in rows} == {""}
    assert not any(row["authored"].startswith("2026-02") for row in rows)
    mine = file_of(cast.subject, "/api/csvsurveyanswers/", study=cast.study.pk)
    assert len(mine) == 2
