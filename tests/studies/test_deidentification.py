"""Tables of studies that do not say who took part."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import TYPE_CHECKING

import pytest

from apps.studies.pseudonyms import deidentify_study
from apps.studies.surveys.answers import read_response
from apps.studies.surveys.questionnaire_reading import read_questionnaire
from apps.studies.tables.answer_table import StoredAnswer, write_answers
from apps.studies.tables.deidentification import (
    Deidentification,
    deidentify_answers,
    write_deidentified_subjects,
)
from apps.studies.tables.subject_table import SubjectRow
from tests.studies.surveys import EVERYTHING, answer, coding, question, questionnaire, response

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.rule("studies 9.3")

TODAY = date(2026, 11, 29)
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
how = Deidentification(b"secret", 12, TODAY)
USERS = range(1, 401)


def rows_of(lines: Iterable[str]) -> list[dict[str, str]]:
    """The rows of a file, as a spreadsheet reads them."""
    return list(csv.DictReader(StringIO("".join(lines))))


def test_dates_move_by_a_number_of_days_that_is_constant_for_a_subject() -> None:
    moved = {user: how.days_back(user) for user in USERS}
    assert set(moved.values()) <= set(range(1, 365))
    assert len(set(moved.values())) > 200
    for user in (1, 2, 3):
        first, second = (how.moved_date(user, day) for day in (date(2026, 2, 2), date(2026, 3, 9)))
        assert second - first == timedelta(days=35)
        assert date(2026, 2, 2) - first == timedelta(days=moved[user])


@pytest.mark.parametrize("clock", ["09:30", "09:30:00", "09:30:00.5"])
@pytest.mark.parametrize("zone", ["", "Z", "z", "+01:00", "-0330", "+14", "[Asia/Tokyo]"])
def test_a_text_keeps_its_time_and_loses_its_zone(clock: str, zone: str) -> None:
    day = how.moved_date(7, date(2026, 2, 2)).isoformat()
    assert how.date_text(7, f"2026-02-02T{clock}{zone}") == f"{day}T{clock}"
    assert how.date_text(7, "2026-02-02") == day


def test_texts_without_a_date_are_left_out() -> None:
    assert how.date_text(7, "on Monday") == ""
    assert how.moved_date(7, date(1, 1, 2)) == date.min  # the calendar has no earlier day


def test_pseudonyms_are_texts_that_tell_subjects_apart() -> None:
    names = {how.pseudonym(user) for user in USERS}
    assert len(names) == len(USERS)
    assert all(re.fullmatch(r"s[a-z2-7]{10}", name) for name in names)
    assert how.pseudonym(1) == Deidentification(b"secret", 12, TODAY).pseudonym(1)


@pytest.mark.parametrize(
    "other", [Deidentification(b"others", 12, TODAY), Deidentification(b"secret", 13, TODAY)]
)
def test_another_key_or_study_has_other_names_and_days(other: Deidentification) -> None:
    assert not {how.pseudonym(user) for user in USERS} & {other.pseudonym(user) for user in USERS}
    assert [how.days_back(user) for user in USERS] != [other.days_back(user) for user in USERS]


def test_years_of_birth_stay_but_for_the_very_old() -> None:
    told = [
        how.year_of_birth(each)
        for each in (date(1988, 4, 9), date(1937, 12, 31), date(1936, 1, 1), None)
    ]
    assert told == [1988, 1937, None, None]


SURVEY = read_questionnaire(
    questionnaire(*EVERYTHING["item"], question("any", "choice", answerValueSet="urn:any"))
)
ANSWERED = response(
    answer("well", {"valueBoolean": True}),
    {
        "linkId": "body",
        "item": [
            answer("weight", {"valueDecimal": 61.5}),
            answer("steps", {"valueInteger": 7}),
            answer(
                "pain", {"valueQuantity": {"value": 3, "unit": "of Cora Benoit", "code": "Cora"}}
            ),
        ],
    },
    answer("born", {"valueDate": "2026-01-31"}),
    answer("slept", {"valueDateTime": "1930-02-01T22:00:00Z"}),
    answer("woke", {"valueTime": "07:00"}),
    answer("name", {"valueString": "Cora"}),
    answer("notes", {"valueString": "I am Cora"}, {"valueString": "from Sherbrooke"}),
    answer("page", {"valueUri": "https://cora.example"}),
    answer("colour", coding("r")),
    answer("drinks", coding("c"), coding("t")),
    answer("mood", {"valueString": "like Cora"}),
    answer("size", {"valueString": "M"}),
    answer("any", coding("cora")),
    authored="2026-02-02T09:30:00+01:00",
)


def test_answers_keep_what_was_chosen_and_measured_and_lose_free_texts() -> None:
    given = StoredAnswer(
        "/api/survey/2/",
        "/api/study/12/",
        "night7_cora",
        "2026-02-02T09:30:00+01:00",
        read_response(SURVEY, ANSWERED, NOW),
    )
    lines = "".join(
        write_answers(deidentify_answers([(how, 41, given)]), [SURVEY], with_status=True)
    )
    assert "cora" not in lines.lower()
    assert "sherbrooke" not in lines.lower()
    (row,) = rows_of([lines])
    day = how.moved_date(41, date(2026, 2, 2)).isoformat()
    assert {name: cell for name, cell in row.items() if cell} == {
        "well": "yes",
        "weight": "61.5",
        "steps": "7",
        "pain": "3",
        "born": how.moved_date(41, date(2026, 1, 31)).isoformat(),
        "woke": "07:00",
        "colour": "r",
        "drinks": "c|t",
        "size": "M",
        "survey": "/api/survey/2/",
        "study": "/api/study/12/",
        "subject": how.pseudonym(41),
        "authored": given.authored.replace("2026-02-02", day).removesuffix("+01:00"),
        "status": "completed",
    }


def test_a_unit_stays_with_its_number() -> None:
    given = response(
        {
            "linkId": "body",
            "item": [answer("pain", {"valueQuantity": {"value": 70.5, "unit": "kg"}})],
        },
        answer("well", {"valueBoolean": True}),
    )
    told = how.response(1, read_response(SURVEY, given, NOW))
    assert {"value": 70.5, "unit": "kg"} in [v.value for each in told.answered for v in each.values]
    assert told.authored is None


def test_subjects_lose_names_zones_and_what_was_noted() -> None:
    subject = SubjectRow(
        2,
        date(2026, 2, 2),
        "cora",
        "night7_cora",
        "Control",
        "America/Montreal",
        "Cora was ill",
        "F",
        date(1988, 4, 9),
        1.68,
        61.5,
        "cora@example.com",
        "Cora",
        "Benoit",
    )
    older = SubjectRow(3, date(2026, 2, 2), date_of_birth=date(1930, 1, 1))
    written = list(write_deidentified_subjects([(41, subject), (42, older)], how))
    assert not any("cora" in line.lower() or "montreal" in line.lower() for line in written)
    rows = {row["subject_id"]: row for row in rows_of(written)}
    assert rows[how.pseudonym(41)] == {
        "subject_id": how.pseudonym(41),
        "group": "Control",
        "start_date": how.moved_date(41, date(2026, 2, 2)).isoformat(),
        "gender": "F",
        "year_of_birth": "1988",
        "height": "1.68",
        "weight": "61.5",
    }
    assert rows[how.pseudonym(42)]["year_of_birth"] == ""


def test_the_order_says_nothing_of_the_accounts() -> None:
    subjects = [(user, SubjectRow(user, date(2026, 2, 2), str(user))) for user in USERS]
    rows = rows_of(write_deidentified_subjects(subjects, how))
    names = [row["subject_id"] for row in rows]
    assert names == sorted(names) != [how.pseudonym(user) for user in USERS]


def test_the_key_is_the_secret_of_the_server(settings: Settings) -> None:
    before = deidentify_study(12)
    assert before == deidentify_study(12)
    settings.SECRET_KEY = "another secret"
    assert deidentify_study(12).pseudonym(1) != before.pseudonym(1)
