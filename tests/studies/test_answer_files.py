"""CSV files of answers, up and down."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any

import pytest
from django.test.client import MULTIPART_CONTENT, encode_multipart
from pytest_django import DjangoAssertNumQueries

from apps.enrolment.models import Study, StudyStatus, StudySubject
from apps.studies.answering import HAS_LEFT
from apps.studies.models import Survey, SurveyAnswer, SurveyAnswers
from hexostore import clock
from tests.enrolment.cast import StudyCast, begin_study
from tests.people import Caller
from tests.studies.surveys import answer, coding, question, questionnaire, response

PATH, JSON_PATH = "/api/csvsurveyanswers/", "/api/surveyanswers/"
BOUNDARY = "BoUnDaRyStRiNg"

DIARY = questionnaire(
    question("ill"),
    question("notes", "text"),
    question("tags", "string", repeats=True),
    question("weight", "decimal"),
    question("colour", "choice", answerOption=[coding("r", "Red"), coding("g", "Green")]),
)


@pytest.fixture
def diary(db: None) -> Survey:
    return Survey.objects.create(name="diary", fhir_questionnaire=DIARY)


def place(cast: StudyCast, survey: Survey) -> str:
    """The address for a file whose rows do not say where they belong."""
    return f"{PATH}?survey={survey.pk}&study={cast.study.pk}"


def up(caller: Caller, path: str, text: str | bytes) -> Any:
    """The answer to a file."""
    return caller.send("POST", path, text, "text/csv")


def down(caller: Caller, **params: Any) -> str:
    """The file of some answers."""
    answer = caller.get(PATH, params)
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return answer.getvalue().decode()


def faults(answer: Any) -> list[dict[str, Any]]:
    """What is wrong with the rows of a file."""
    assert answer.status_code == 400, answer.content
    found: list[dict[str, Any]] = answer.json()["csvsurveyanswers"]["rows"]
    return found


@pytest.mark.rule("studies 7")
def test_the_published_file(cast: StudyCast, survey: Survey) -> None:
    """Seven names over rows of five cells: survey and study are in the query."""
    text = (
        "1,2,3,survey,study,subject,authored\r\n"
        "yes,no,yes,night7_001,2021-01-01\r\n"
        "no,no,no,night7_002,2021-01-01\r\n"
    )
    answer = up(cast.owner, place(cast, survey), text)
    assert answer.status_code == 201, answer.content
    rows = SurveyAnswers.objects.order_by("pk")
    assert answer.json()["objects"] == [
        {"id": row.pk, "resource_uri": f"{JSON_PATH}{row.pk}/"} for row in rows
    ]
    assert answer.json()["meta"]["total_count"] == 2
    assert [row.has_time for row in rows] == [False, False]
    assert down(cast.owner) == (
        "1,2,3,survey,study,subject,authored\r\n"
        f"yes,no,yes,{survey.pk},{cast.study.pk},night7_001,2021-01-01\r\n"
        f"no,no,no,{survey.pk},{cast.study.pk},night7_002,2021-01-01\r\n"
    )
    assert SurveyAnswer.objects.count() == 6


@pytest.mark.rule("studies 7")
def test_a_file_of_five_columns_in_a_form(cast: StudyCast, survey: Survey) -> None:
    """With user in place of subject, and no subject for the caller."""
    text = "﻿user;3;authored;1;2\n001;YES;2021-01-01;0;False\n;;2021-01-02;1;\n\n"
    content = encode_multipart(BOUNDARY, {})
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n'
    content = f"{head}Content-Type: text/csv\r\n\r\n{text}\r\n--{BOUNDARY}--\r\n".encode()
    path = place(cast, survey)
    answer = cast.subject.send("POST", path, content, MULTIPART_CONTENT)
    assert answer.status_code == 201, answer.content
    lines = down(cast.subject).splitlines()[1:]
    end = f"{survey.pk},{cast.study.pk},night7_001"
    assert lines == [f"no,no,yes,{end},2021-01-01", f"yes,,,{end},2021-01-02"]


@pytest.mark.rule("studies recipe 20", "studies recipe 21", "studies recipe 22")
def test_what_comes_down_goes_up_unchanged(cast: StudyCast, diary: Survey) -> None:
    """Quotes, commas, line ends, formulas, numbers, times."""
    texts = ["=1+1", "'=x", 'a "b", c;\nd', "-5", " blank ", "@home", "'t is"]
    for day, text in enumerate(texts, start=1):
        items = [
            answer("notes", {"valueString": text}),
            answer("tags", {"valueString": "a|b"}, {"valueString": "c\\"}),
            answer("weight", {"valueDecimal": -5.25}),
            answer("colour", {"valueCoding": {"code": "g"}}),
        ]
        sent = response(*items, authored=f"2026-02-0{day}T07:30:00.5-05:00")
        for name in ("001", "002"):
            answered = cast.owner.post(JSON_PATH, _body(cast, diary, name, sent))
            assert answered.status_code == 201, answered.content
    text = down(cast.owner)
    table = list(csv.DictReader(StringIO(text, newline="")))
    assert table[0]["notes"] == "'=1+1"
    assert (table[0]["weight"], table[0]["colour"], table[0]["tags"]) == (
        "-5.25",
        "g",
        "a\\|b|c\\\\",
    )
    objects = cast.owner.get(JSON_PATH, {"limit": 0}).json()["objects"]
    authored = [each["fhir_answer"]["authored"] for each in objects]
    assert [row["authored"] for row in table] == authored
    assert len(table) == len(objects) == 14
    again = up(cast.owner, PATH, text)
    assert again.status_code == 200, again.content
    assert [each["id"] for each in again.json()["objects"]] == [each["id"] for each in objects]
    SurveyAnswers.objects.all().delete()
    assert up(cast.owner, PATH, text).status_code == 201
    assert down(cast.owner) == text
    notes = SurveyAnswer.objects.filter(user=cast.subject.user, question__link_id="notes")
    assert [row.answer[0]["valueString"] for row in notes] == texts


def test_answers_of_those_who_left_go_up_again_and_no_new_ones(
    cast: StudyCast, diary: Survey
) -> None:
    header, row = "ill,subject,authored\n", "yes,{},2026-02-0{}\n"
    rows = [row.format(name, day) for name in ("001", "002") for day in (2, 3)]
    assert up(cast.owner, place(cast, diary), header + "".join(rows)).status_code == 201
    path = f"/api/studysubject/{StudySubject.objects.get(user=cast.other_subject.user).pk}/"
    assert cast.owner.delete(path).status_code == 204
    text = down(cast.owner)
    assert text.count("night7_002") == 2
    again = up(cast.owner, PATH, text)
    assert again.status_code == 200, again.content
    assert down(cast.owner) == text
    more = header + "".join([*rows, row.format("001", 4), row.format("002", 4)])
    expected = {"row": 7, "column": "subject", "value": "002", "error": HAS_LEFT}
    assert faults(up(cast.owner, place(cast, diary), more)) == [expected]
    assert SurveyAnswers.objects.count() == 4


def _body(cast: StudyCast, survey: Survey, subject: str, sent: dict[str, Any]) -> dict[str, Any]:
    uris = {"study": f"/api/study/{cast.study.pk}/", "survey": f"/api/survey/{survey.pk}/"}
    return {**uris, "subject": subject, "fhir_answer": sent}


@pytest.mark.rule("studies recipe 16", "studies recipe 18", "studies recipe 19")
def test_every_bad_row_is_named_and_none_is_stored(cast: StudyCast, diary: Survey) -> None:
    text = (
        "ill,weight,subject,authored\n"
        "maybe,61,001,2026-02-02\n"
        "yes,61.0,001,2026-02-02\n"
        "no,heavy,001,02/03/2026\n"
    )
    assert faults(up(cast.owner, place(cast, diary), text)) == [
        {"row": 2, "column": "ill", "value": "maybe", "error": "Answer yes or no."},
        {
            "row": 4,
            "column": "weight",
            "value": "heavy",
            "error": "Expected a number such as 38.5.",
        },
    ]
    text = "ill,subject,authored\nyes,009,2026-02-02\nno,night7_002,2026-02-02\nno,day8_001,\n"
    begin_study("day8")
    assert [
        (each["row"], each["error"]) for each in faults(up(cast.owner, place(cast, diary), text))
    ] == [
        (2, "The study has no such subject."),
        (4, "The study has no such subject."),
    ]
    text = "ill,colours,authored\nyes,red,2026-02-02\n"
    found = faults(up(cast.subject, place(cast, diary), text))
    assert [(each["row"], each["column"]) for each in found] == [(1, "colours"), (2, "colours")]
    text = "ill,authored\nyes,02/03/2026\n"
    (fault,) = faults(up(cast.subject, place(cast, diary), text))
    assert (fault["row"], fault["column"], fault["value"]) == (2, "authored", "02/03/2026")
    assert not SurveyAnswers.objects.exists()


@pytest.mark.rule("studies recipe 17")
def test_ids_are_texts(cast: StudyCast, diary: Survey) -> None:
    """A spreadsheet makes 1 of 001, and 1E+05 of 100000; neither is another subject."""
    StudySubject.objects.filter(subject_id="002").update(subject_id="100000")
    for wrong in ("1", "1E+05", "1e+05"):
        text = f"ill,subject,authored\nyes,{wrong},2026-02-02\n"
        (fault,) = faults(up(cast.owner, place(cast, diary), text))
        assert (fault["row"], fault["column"], fault["value"]) == (2, "subject", wrong)
    for right in ("001", "100000"):
        text = f"ill,subject,authored\nyes,{right},2026-02-02\n"
        assert up(cast.owner, place(cast, diary), text).status_code == 201


@pytest.mark.rule("studies recipe 24")
def test_other_answers_of_the_same_time(cast: StudyCast, diary: Survey) -> None:
    text = "ill,subject,authored\nyes,001,2026-02-02\nyes,001,2026-02-02\nno,002,2026-02-02\n"
    first = up(cast.owner, place(cast, diary), text)
    assert first.status_code == 201
    one, same, other = (each["id"] for each in first.json()["objects"])
    assert one == same != other
    text = "ill,subject,authored\nno,001,2026-02-02\nno,001,2026-02-03\nyes,001,2026-02-03\n"
    found = faults(up(cast.owner, place(cast, diary), text))
    said = "This subject has other answers of that time."
    assert [(each["row"], each["column"], each["error"]) for each in found] == [
        (2, "authored", said),
        (4, "authored", said),
    ]
    assert SurveyAnswers.objects.count() == 2


@pytest.mark.rule("studies 3", "studies recipe 25")
def test_who_may_send_what(cast: StudyCast, diary: Survey) -> None:
    def status(caller: Caller, subject: str) -> int:
        text = f"ill,subject,authored\nyes,{subject},2026-02-02\n"
        found: int = up(caller, place(cast, diary), text).status_code
        return found

    assert status(cast.subject, "002") == status(cast.other_subject, "001") == 403
    assert status(cast.outsider, "001") == 400
    assert [status(each, "001") for each in (cast.subject, cast.admin)] == [201, 200]
    StudySubject.objects.filter(subject_id="002").update(withdrawn=clock.now())
    assert status(cast.owner, "002") == 400
    Study.objects.update(status=StudyStatus.FROZEN)
    assert status(cast.owner, "001") == status(cast.staff, "001") == 403
    assert SurveyAnswers.objects.count() == 1


def test_places_that_are_not_there(cast: StudyCast, diary: Survey) -> None:
    text = "ill,survey,study,authored\nyes,{},{},2026-02-02\n"
    for survey, study, column in ((999, cast.study.pk, "survey"), (diary.pk, "x", "study")):
        (fault,) = faults(up(cast.subject, PATH, text.format(survey, study)))
        assert (fault["row"], fault["column"]) == (2, column)
    uris = f"/api/survey/{diary.pk}/", f"api/study/{cast.study.pk}/"
    assert up(cast.subject, PATH, text.format(*uris)).status_code == 201


def test_bodies_that_are_no_file(cast: StudyCast, diary: Survey) -> None:
    path = place(cast, diary)
    assert cast.owner.send("POST", path, "{}", "application/json").status_code == 415
    from_page = cast.owner.sending("Origin", "http://testserver")
    assert from_page.send("POST", path, "x", MULTIPART_CONTENT).status_code == 415
    assert cast.owner.send("POST", path, "x", MULTIPART_CONTENT).status_code == 400
    for text in (b"\xff", b"\0", b'"', b"a,a\n1,2", b'ill\n"x'):
        assert faults(up(cast.owner, path, text))
    assert cast.owner.send("POST", f"{PATH}1/", "x", "text/csv").status_code == 405


@pytest.mark.rule("studies recipe 29")
def test_as_many_rows_as_the_list_counts(cast: StudyCast, diary: Survey, survey: Survey) -> None:
    """Of several surveys too, whose columns are united."""
    days = "".join(
        f"yes,{who},2026-02-{day:02}\n" for day in range(1, 13) for who in ("001", "002")
    )
    up(cast.owner, place(cast, diary), f"ill,subject,authored\n{days}")
    up(cast.owner, place(cast, survey), f"1,subject,authored\n{days}")
    enrolled = StudySubject.objects.get(subject_id="001")
    for params in (
        {},
        {"user": "night7_001"},
        {"subject": "001"},
        {"subject": f"/api/studysubject/{enrolled.pk}/"},
        {"study": cast.study.pk, "survey": survey.pk},
        {"authored__gte": "2026-02-10"},
        {"survey": 999},
    ):
        rows = list(csv.DictReader(StringIO(down(cast.owner, **params), newline="")))
        listed = cast.owner.get(JSON_PATH, params).json()["meta"]["total_count"]
        assert len(rows) == listed, params
    header = down(cast.owner).splitlines()[0]
    first, second = sorted((diary, survey), key=lambda each: each.pk)
    names = {diary.pk: "ill,notes,tags,weight,colour", survey.pk: "1,2,3"}
    assert header == f"{names[first.pk]},{names[second.pk]},survey,study,subject,authored"
    assert down(cast.outsider) == "survey,study,subject,authored\r\n"
    assert cast.owner.get(PATH, {"authored": "x"}).status_code == 400


def test_a_file_of_one_row(cast: StudyCast, diary: Survey) -> None:
    sent = up(cast.subject, place(cast, diary), "ill,authored\nyes,2026-02-02\n").json()
    key = sent["objects"][0]["id"]
    answer = cast.owner.get(f"{PATH}{key}/")
    assert len(answer.getvalue().splitlines()) == 2
    for caller, wrong in ((cast.outsider, key), (cast.owner, 987_654_321), (cast.owner, "x")):
        assert caller.get(f"{PATH}{wrong}/").status_code == 404


def test_statuses_are_in_a_column_of_their_own(cast: StudyCast, diary: Survey) -> None:
    sent = response(answer("ill", {"valueBoolean": True}), status="stopped")
    cast.subject.post(JSON_PATH, _body(cast, diary, "001", sent))
    text = down(cast.owner)
    assert text.splitlines()[0].endswith(",authored,status")
    assert up(cast.owner, PATH, text).status_code == 200


def test_what_the_survey_asked_before(cast: StudyCast, diary: Survey) -> None:
    """Answers to questions that are gone stay in JSON; others are written as they were given."""
    items = answer("ill", {"valueBoolean": True}), answer("colour", {"valueCoding": {"code": "r"}})
    cast.subject.post(JSON_PATH, _body(cast, diary, "001", response(*items)))
    green = question("colour", "choice", answerOption=[coding("g", "Green")])
    diary.fhir_questionnaire = questionnaire(question("notes", "text"), green)
    diary.save()
    (row,) = csv.DictReader(StringIO(down(cast.owner), newline=""))
    assert (row["notes"], row["colour"]) == ("", '{"code": "r"}')
    assert SurveyAnswers.objects.get().fhir_answer["item"] == list(items)


def test_statements_do_not_grow_with_the_rows(
    cast: StudyCast, diary: Survey, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    rows = "".join(f"yes,{1 + day % 2:03},2026-02-{day:02}\n" for day in range(1, 29))
    with django_assert_max_num_queries(16):
        up(cast.owner, place(cast, diary), f"ill,subject,authored\n{rows}")
    assert SurveyAnswers.objects.count() == 28
    with django_assert_max_num_queries(5):
        down(cast.owner)
