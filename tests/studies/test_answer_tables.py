"""CSV files of answers: the published form with its quirks, and what comes down goes up again."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, date, datetime
from io import StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.studies.surveys.answers import SurveyResponse, read_response
from apps.studies.surveys.questionnaire import Questionnaire
from apps.studies.surveys.questionnaire_reading import read_questionnaire
from apps.studies.tables.answer_table import (
    AnswerRow,
    StoredAnswer,
    read_answers,
    write_answers,
)
from apps.studies.tables.csv_file import TableError
from tests.studies.hypotheses import few, many
from tests.studies.surveys import (
    EVERYTHING,
    SYMPTOMS,
    Json,
    answer,
    coding,
    question,
    questionnaire,
    response,
)

NOW = datetime(2020, 7, 14, 12, tzinfo=UTC)
symptoms, everything = read_questionnaire(SYMPTOMS), read_questionnaire(EVERYTHING)


def only(survey: Questionnaire) -> Callable[[str | None], Questionnaire | None]:
    """The one survey of all rows."""
    return lambda _: survey


def read(text: str, survey: Questionnaire = symptoms) -> list[AnswerRow]:
    """The rows of a file of one survey."""
    return read_answers(text.encode(), only(survey), NOW)


def faults(text: str, survey: Questionnaire = symptoms) -> list[dict[str, object]]:
    """What is said of a file."""
    with pytest.raises(TableError) as refused:
        read(text, survey)
    return refused.value.rows


def values(found: SurveyResponse) -> list[object]:
    """All values of a response."""
    return [value.value for each in found.answered for value in each.values]


def written(*responses: SurveyResponse, survey: Questionnaire = everything) -> str:
    """A file of some responses."""
    stored = [StoredAnswer("2", "12", "test_sub001", "2020-07-14", each) for each in responses]
    return "".join(write_answers(stored, [survey], with_status=True))


@pytest.mark.rule("studies 7")
@pytest.mark.parametrize(
    "text",
    [
        "1,2,3,subject,authored\nyes,no,yes,test_sub001,2020-07-14\n",
        "1,2,3,user,authored\nYES,No,true,test_sub001,2020-07-14\n",
        "1,2,3,survey,study,subject,authored\nyes,no,yes,test_sub001,2020-07-14\n",
        "1,2,3,survey,study,subject,authored\n1,0,1,,,test_sub001,2020-07-14\n",
        "authored;subject;3;2;1\n2020-07-14;test_sub001;TRUE;False;yes\n",
        "subject,user,1,2,3,authored\n,test_sub001,yes,no,yes,2020-07-14\n",
    ],
)
def test_the_published_form_and_its_quirks(text: str) -> None:
    (row,) = read(text)
    assert (row.number, row.subject, row.survey, row.study) == (2, "test_sub001", None, None)
    assert values(row.response) == [True, False, True]
    assert (row.response.status, row.response.authored) == ("completed", date(2020, 7, 14))
    assert row.fhir_answer["item"] == [
        answer(name, {"valueBoolean": name != "2"}) for name in "123"
    ]


@pytest.mark.rule("studies 7")
def test_survey_and_study_in_columns() -> None:
    asked: list[str | None] = []
    other = read_questionnaire(questionnaire(question("weight", "decimal")))

    def questionnaire_of(survey: str | None) -> Questionnaire | None:
        asked.append(survey)
        return {"1": symptoms, "2": other}.get(survey or "")

    text = b"1,weight,survey,study,user\nyes,,1,12,a\n,61.5,2,13,b\nno,,1,12,b\n"
    rows = read_answers(text, questionnaire_of, NOW)
    assert [(row.survey, row.study, row.subject) for row in rows] == [
        ("1", "12", "a"),
        ("2", "13", "b"),
        ("1", "12", "b"),
    ]
    assert [values(row.response) for row in rows] == [[True], [61.5], [False]]
    assert sorted(map(str, asked)) == ["1", "2"]
    with pytest.raises(TableError) as refused:
        read_answers(b"1,weight,survey\nyes,3,1\nyes,,9\n", questionnaire_of, NOW)
    assert refused.value.rows == [
        {"row": 2, "column": "weight", "value": "3", "error": "This survey has no such question."},
        {"row": 3, "column": "survey", "value": "9", "error": "There is no such survey."},
    ]


@pytest.mark.rule("studies 7")
def test_all_errors_of_all_rows_are_said_at_once() -> None:
    text = (
        "1,2,9,subject,user,authored\nmaybe,2,,a,,2020-07-14\nyes,,x,a,b,\nyes,no,,a,,14.7.2020\n"
    )
    assert faults(text) == [
        {"row": 1, "column": "9", "value": "9", "error": "No survey has such a question."},
        {"row": 2, "column": "1", "value": "maybe", "error": "Answer yes or no."},
        {"row": 2, "column": "2", "value": "2", "error": "Answer yes or no."},
        {"row": 3, "column": "9", "value": "x", "error": "This survey has no such question."},
        {
            "row": 3,
            "column": "user",
            "value": "b",
            "error": "The columns subject and user name different people.",
        },
        {
            "row": 4,
            "column": "authored",
            "value": "14.7.2020",
            "error": 'authored: expected a time with its zone, or a date, got "14.7.2020".',
        },
    ]


def test_what_a_row_lacks_is_said_of_its_column() -> None:
    found = faults("well,fever,name\n,,Zoe\nno,38,\n", everything)
    assert [(each["row"], each["column"], each["error"]) for each in found] == [
        (2, "well", "(linkId well): it needs an answer."),
        (3, None, "item[1] (linkId ill): an answer has one value[x]."),
    ]


@pytest.mark.parametrize(
    ("column", "cell", "expected"),
    [
        ("weight", "61.5", 61.5),
        ("weight", "-5", -5),
        ("weight", "'-5", -5),
        ("steps", " 7000 ", 7000),
        ("pain", "2.5 points", {"value": 2.5, "unit": "points"}),
        ("pain", "2", {"value": 2}),
        ("pain", '{"value": 2, "code": "p"}', {"value": 2, "code": "p"}),
        ("colour", "g", coding("g", "Green")["valueCoding"]),
        ("colour", "Green", coding("g", "Green")["valueCoding"]),
        ("mood", "good", coding("good")["valueCoding"]),
        ("mood", "so so", "so so"),
        ("mood", "\\good", "good"),
        ("size", "M", "M"),
        ("notes", "'=1+1", "=1+1"),
        ("notes", "=1+1", "=1+1"),
        ("name", "a|b\\c", "a|b\\c"),
        ("woke", "07:30", "07:30"),
    ],
)
def test_cells(column: str, cell: str, expected: object) -> None:
    text = StringIO()
    csv.writer(text).writerows([["well", column], ["yes", cell]])
    (row,) = read(text.getvalue(), everything)
    assert values(row.response)[1:] == [expected]


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        *(("weight", cell) for cell in ("61,5", "heavy", "1e400")),
        *(("steps", cell) for cell in ("7.5", "7.0", "99999999999")),
        *(("pain", cell) for cell in ("much", "{", '{"unit": 1}')),
        *(("colour", cell) for cell in ("blue", "r|g", '{"code": "b"}')),
        *(("size", cell) for cell in ("L", "{}")),
        *((name, "1970-1-1") for name in ("born", "slept", "woke")),
        ("thanks", "x"),
    ],
)
def test_cells_that_are_wrong(column: str, cell: str) -> None:
    text = StringIO()
    csv.writer(text).writerows([["well", column], ["yes", cell]])
    (found,) = faults(text.getvalue(), everything)
    assert (found["row"], found["column"], found["value"]) == (2, column, cell)


@pytest.mark.rule("studies 7")
def test_several_answers_are_joined() -> None:
    (row,) = read("well,drinks,notes\nyes,t | c,a\\|b|'c||\\\\\n", everything)
    assert values(row.response)[1:] == [
        "a|b",
        "'c",
        "\\",
        *(coding(c)["valueCoding"] for c in "tc"),
    ]


@pytest.mark.rule("studies 7")
def test_the_file_that_is_given_out() -> None:
    items = [answer(number, {"valueBoolean": number != "2"}) for number in "123"]
    found = read_response(symptoms, response(*items), NOW)
    other = read_questionnaire(questionnaire(question("2"), question("why", "text")))
    reply = answer("why", {"valueString": '=1+1, or;\n"2"'})
    stored = [
        StoredAnswer("1", "12", "test_sub001", "2020-07-14", found),
        StoredAnswer(
            "2", "12", "b", "2020-07-14T09:30:00Z", read_response(other, response(reply), NOW)
        ),
    ]
    assert "".join(write_answers(stored, [symptoms, other], with_status=False)) == (
        "1,2,3,why,survey,study,subject,authored\r\n"
        "yes,no,yes,,1,12,test_sub001,2020-07-14\r\n"
        '"","","","\'=1+1, or;\n""2""","2","12","b","2020-07-14T09:30:00Z"\r\n'
    )


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
odd = st.sampled_from(
    ["=1", "'=1", "a|b", "\\", "\\|", "good", "{}", " x ", "|", '"', "-5", "bad "]
)
numbers = st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9)
leaves: dict[str, st.SearchStrategy[Json]] = {
    "born": st.dates().map(lambda day: {"valueDate": day.isoformat()}),
    "woke": st.times().map(lambda time: {"valueTime": time.strftime("%H:%M:%S")}),
    "name": (texts | odd).map(lambda text: {"valueString": text[:20]}),
    "colour": st.sampled_from([coding("r", "Red"), {"valueCoding": {"code": "g"}}]),
    "mood": (texts | odd).map(lambda text: {"valueString": text})
    | st.sampled_from([coding("good"), coding("bad")]),
    "size": st.sampled_from([{"valueString": "S"}, {"valueString": "M"}]),
}
weight = numbers.map(lambda number: answer("weight", {"valueDecimal": number}))
quantity = st.fixed_dictionaries({"value": numbers}, optional={"unit": texts, "code": texts})
pain = quantity.map(lambda members: answer("pain", {"valueQuantity": members}))
body = st.lists(weight | pain, unique_by=lambda item: item["linkId"]).map(
    lambda items: {"linkId": "body", "item": items}
)
notes = st.lists((texts | odd).map(lambda text: {"valueString": text}), max_size=4).map(
    lambda several: answer("notes", *several)
)
drinks = st.lists(st.sampled_from([coding("t"), coding("c")])).map(
    lambda several: answer("drinks", *several)
)
items = st.tuples(
    body,
    notes,
    drinks,
    *(st.builds(answer, st.just(name), leaf) for name, leaf in leaves.items()),
).map(list)


@pytest.mark.rule("studies 7")
@few
@given(items, st.sampled_from(["completed", "amended", "stopped"]))
def test_what_comes_down_goes_up_unchanged(some: list[Any], status: str) -> None:
    given_items = [answer("well", {"valueBoolean": True}), *some]
    found = read_response(
        everything, response(*given_items, status=status, authored="2020-07-14"), NOW
    )
    text = written(found)
    (row,) = read(text, everything)
    assert (row.survey, row.study, row.subject) == ("2", "12", "test_sub001")
    assert row.response == found
    assert written(row.response) == text
    for cells in csv.reader(StringIO(text, newline="")):
        for cell, name in zip(cells, everything.asked, strict=False):
            if name.link_id in {"name", "notes", "mood"}:
                assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))


def test_questions_within_a_question_go_up_again() -> None:
    fever = answer("fever", {"valueDecimal": 38.5})
    ill = answer("ill", {"valueBoolean": True, "item": [fever]})
    sent = response(answer("well", {"valueBoolean": False}), ill, authored="2020-07-14")
    found = read_response(everything, sent, NOW)
    (row,) = read(written(found), everything)
    assert row.response == found
    assert row.fhir_answer["item"] == sent["item"]


@many
@given(st.text(st.sampled_from('yesno123,;|\\"\n{}: ')), st.sampled_from([symptoms, everything]))
def test_any_file_is_read_or_refused(text: str, survey: Questionnaire) -> None:
    header = "1,2,3\n" if survey is symptoms else "well,pain,drinks,mood\n"
    try:
        assert isinstance(read(header + text, survey), list)
    except TableError as error:
        assert error.rows  # noqa: PT017 - either may be
