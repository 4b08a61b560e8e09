"""Answers held against their questionnaire."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.studies.surveys.answers import SurveyResponse, read_response
from apps.studies.surveys.questionnaire import QuestionType, SurveyError
from apps.studies.surveys.questionnaire_reading import read_questionnaire
from apps.studies.surveys.values import FORMS
from tests.studies.hypotheses import many
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
WELL = answer("well", {"valueBoolean": True})
ILL = answer("well", {"valueBoolean": False})


def read(survey: Json, given_response: object) -> SurveyResponse:
    """A response to a survey."""
    return read_response(read_questionnaire(survey), given_response, NOW)


def faults(survey: Json, given_response: object) -> list[str]:
    """What is said of a response; nothing if it is right."""
    try:
        read(survey, given_response)
    except SurveyError as error:
        return error.texts
    return []


def values(found: SurveyResponse) -> dict[str, list[object]]:
    """The values of each question."""
    return {each.question.link_id: [v.value for v in each.values] for each in found.answered}


@pytest.mark.rule("studies 7")
@pytest.mark.parametrize("kind", ["Questionnaire", "QuestionnaireResponse"])
def test_the_published_answer(kind: str) -> None:
    """It names itself a Questionnaire, and has members that mean nothing here."""
    items = [answer(number, {"valueBoolean": number != "2"}) for number in "123"]
    sent = response(*items, resourceType=kind, id="x", identifier={}, subject={"reference": "y"})
    found = read(SYMPTOMS, sent)
    assert values(found) == {"1": [True], "2": [False], "3": [True]}
    assert found.status == "completed"
    assert found.authored == datetime(2020, 7, 14, 9, 30, tzinfo=UTC)


@pytest.mark.rule("studies 7")
def test_values_of_every_type() -> None:
    body = {
        "linkId": "body",
        "item": [
            answer("weight", {"valueDecimal": 61}),
            answer("steps", {"valueInteger": 7000}),
            answer("pain", {"valueQuantity": {"value": 2.5, "unit": "points"}}),
        ],
    }
    fever = answer("fever", {"valueDecimal": 38.5})
    sent = response(
        answer("ill", {"valueBoolean": True, "item": [fever]}),
        body,
        ILL,
        answer("born", {"valueDate": "1988-04-09"}),
        answer("slept", {"valueDateTime": "2020-07-13T23:00:00+02:00"}),
        answer("woke", {"valueTime": "07:30:00"}),
        answer("name", {"valueString": "Zoë"}),
        answer("notes", {"valueString": "=1+1"}, {"valueString": "two\nlines"}),
        answer("page", {"valueUri": "https://example.com/"}),
        answer("colour", {"valueCoding": {"code": "g"}}),
        answer("drinks", coding("t"), coding("c")),
        answer("mood", {"valueString": "so so"}),
        answer("size", {"valueString": "M"}),
    )
    found = values(read(EVERYTHING, sent))
    assert list(found) == [
        *("well", "weight", "steps", "pain", "born", "slept", "woke", "name", "notes", "page"),
        *("colour", "drinks", "mood", "size", "ill", "fever"),
    ]
    assert found["weight"] == [61.0]
    assert found["colour"] == [{"system": "urn:colours", "code": "g", "display": "Green"}]
    assert read(EVERYTHING, sent) == read(EVERYTHING, {**sent, "item": sent["item"][::-1]})


@pytest.mark.rule("studies 7")
@pytest.mark.parametrize(
    ("item", "text"),
    [
        (
            answer("1", {"valueString": "yes"}),
            "(linkId 1): expected valueBoolean, got valueString.",
        ),
        (answer("9", {"valueBoolean": True}), 'item[0]: the survey has no item "9" here.'),
        ({"linkId": 1}, "item[0]: the survey has no item 1 here."),
        ("1", "item[0]: the survey has no item null here."),
        (answer("1", {}), "an answer has one value[x]."),
        (answer("1", {"valueBoolean": True, "valueString": "a"}), "an answer has one value[x]."),
        (answer("1", {"valueBoolean": "yes"}), '"yes" is no valueBoolean.'),
        (answer("1", *[{"valueBoolean": True}] * 2), "expected one answer, got 2."),
        ({"linkId": "1", "answer": {}}, "answer: expected a list of at most 1000, got an object."),
        ({"linkId": "1", "item": []}, "items within a question belong into its answer."),
        (answer("1", {"valueBoolean": True, "item": [answer("2")]}), "has no item"),
    ],
)
def test_what_an_answer_cannot_be(item: Any, text: str) -> None:
    (said,) = faults(SYMPTOMS, response(item))
    assert text in said


@pytest.mark.parametrize(
    ("link_id", "value", "is_right"),
    [
        *(("weight", {"valueDecimal": each}, True) for each in (22, 22.0, -0.5)),
        *(("weight", {"valueDecimal": each}, False) for each in ("22", True, None, 1e300)),
        *(("steps", {"valueInteger": each}, False) for each in (2.5, "7", 2**31, True)),
        *(("born", {"valueDate": each}, False) for each in ("2020", "09.04.1988", "2021-02-30")),
        *(("slept", {"valueDateTime": each}, True) for each in ("2020-07-13", "2020-07-13T23:00Z")),
        *(("slept", {"valueDateTime": each}, False) for each in ("2020-07-13T23:00:00", "noon")),
        ("slept", {"valueDateTime": "0001-01-01T00:00:00+14:00"}, False),
        *(("woke", {"valueTime": each}, True) for each in ("07:30", "07:30:15.5")),
        *(("woke", {"valueTime": each}, False) for each in ("24:00:00", "7:30", 730)),
        *(("name", {"valueString": each}, False) for each in ("", "x" * 21, 3)),
        *(("page", {"valueUri": each}, False) for each in ("", "a b")),
        *(("colour", {"valueCoding": each}, False) for each in ({"code": "b"}, {}, "r", {"x": 1})),
        ("colour", {"valueCoding": {"code": "r", "system": "urn:other"}}, False),
        ("colour", {"valueString": "r"}, False),
        *(("mood", each, True) for each in (coding("bad"), {"valueString": "bad"})),
        ("mood", coding("none"), False),
        *(("size", {"valueString": each}, each == "S") for each in ("S", "L")),
        *(("pain", {"valueQuantity": each}, False) for each in (3, {}, {"value": "3"})),
        ("pain", {"valueQuantity": {"value": 3, "comparator": "<"}}, True),
        ("pain", {"valueQuantity": {"value": 3, "comparator": "~"}}, False),
    ],
)
def test_which_values_are_well_formed(link_id: str, value: Json, is_right: bool) -> None:
    item = answer(link_id, value)
    if link_id in {"weight", "steps", "pain"}:
        item = {"linkId": "body", "item": [item]}
    assert (faults(EVERYTHING, response(WELL, item)) == []) is is_right


@pytest.mark.rule("studies 7")
@pytest.mark.parametrize(
    ("status", "needed"),
    [
        *((status, 1) for status in ("completed", "amended")),
        *((status, 0) for status in ("in-progress", "stopped", "entered-in-error")),
    ],
)
def test_required_counts_in_finished_answers(status: str, needed: int) -> None:
    texts = faults(EVERYTHING, response(status=status))
    assert texts == ["(linkId well): it needs an answer."] * needed


@pytest.mark.rule("studies 7")
def test_a_question_that_is_not_asked_is_neither_required_nor_answered() -> None:
    ill = answer("ill", {"valueBoolean": True})
    assert faults(EVERYTHING, response(WELL)) == []
    assert faults(EVERYTHING, response(WELL, ill)) == [
        "item[1] (linkId ill): it is not asked, because of other answers."
    ]
    assert faults(EVERYTHING, response(ILL, ill)) == [
        "item[1] (linkId ill).(linkId fever): it needs an answer."
    ]
    assert faults(EVERYTHING, response(ILL)) == []


@pytest.mark.rule("studies 7")
def test_a_required_question_in_a_group_that_was_left_out() -> None:
    inner = question("2", required=True)
    condition = {"question": "1", "operator": "=", "answerBoolean": True}
    asked = questionnaire(question("1"), question("g", "group", item=[inner]))
    hidden = questionnaire(
        question("1"), question("g", "group", item=[inner], enableWhen=[condition])
    )
    repeated = questionnaire(question("g", "group", item=[inner], repeats=True))
    assert faults(asked, response()) == ["(linkId 2): it needs an answer."]
    assert faults(asked, response({"linkId": "g"})) == [
        "item[0] (linkId g).(linkId 2): it needs an answer."
    ]
    assert faults(hidden, response()) == []
    assert len(faults(hidden, response(answer("1", {"valueBoolean": True})))) == 1
    assert faults(repeated, response()) == []
    two: list[Json] = [
        {"linkId": "g", "item": [answer("2", {"valueBoolean": True})]},
        {"linkId": "g"},
    ]
    assert faults(repeated, response(*two)) == [
        "item[1] (linkId g).(linkId 2): it needs an answer."
    ]


@pytest.mark.parametrize(
    ("operator", "value", "given_value", "is_asked"),
    [
        ("exists", {"answerBoolean": True}, 5, True),
        ("exists", {"answerBoolean": True}, None, False),
        ("exists", {"answerBoolean": False}, None, True),
        *(("=", {"answerDecimal": 5}, each, each == 5) for each in (5, 5.0, 6, None)),
        *(("!=", {"answerDecimal": 5}, each, each == 6) for each in (5, 6, None)),
        *((">", {"answerDecimal": 5}, each, each == 6) for each in (4, 5, 6, None)),
        *(("<", {"answerDecimal": 5}, each, each == 4) for each in (4, 5, 6)),
        *((">=", {"answerDecimal": 5}, each, each > 4) for each in (4, 5, 6)),
        *(("<=", {"answerDecimal": 5}, each, each < 6) for each in (4, 5, 6)),
        (">", {"answerString": "5"}, 6, False),
    ],
)
def test_conditions(operator: str, value: Json, given_value: Any, is_asked: bool) -> None:
    condition = {"question": "n", "operator": operator, **value}
    survey = questionnaire(
        question("n", "decimal"), question("q", required=True, enableWhen=[condition])
    )
    number = [] if given_value is None else [answer("n", {"valueDecimal": given_value})]
    texts = faults(survey, response(*number))
    assert texts == ["(linkId q): it needs an answer."] * is_asked


@pytest.mark.parametrize(("behaviour", "is_asked"), [("all", False), ("any", True)])
def test_several_conditions(behaviour: str, is_asked: bool) -> None:
    conditions = [
        {"question": "1", "operator": "=", "answerBoolean": each} for each in (True, False)
    ]
    inner = question("2", required=True, enableWhen=conditions, enableBehavior=behaviour)
    sent = response(answer("1", {"valueBoolean": True}))
    assert len(faults(questionnaire(question("1"), inner), sent)) == is_asked


@pytest.mark.rule("studies 7")
@pytest.mark.parametrize(
    ("authored", "expected"),
    [
        (None, None),
        ("2020-07-14", date(2020, 7, 14)),
        ("2020-07-15", date(2020, 7, 15)),
        ("2020-07-14T09:30:00+02:00", datetime(2020, 7, 14, 7, 30, tzinfo=UTC)),
        ("2020-07-15T11:59:59Z", datetime(2020, 7, 15, 11, 59, 59, tzinfo=UTC)),
    ],
)
def test_when_an_answer_is_from(authored: str | None, expected: Any) -> None:
    assert read(SYMPTOMS, response(authored=authored)).authored == expected


@pytest.mark.parametrize(
    "authored",
    [
        "2020-07-16",
        "2020-07-15T12:00:01Z",
        "2020-07-14T09:30:00",
        "2020",
        5,
        "0001-01-01T00:00+01:00",
    ],
)
def test_when_an_answer_cannot_be_from(authored: Any) -> None:
    (text,) = faults(SYMPTOMS, response(authored=authored))
    assert text.startswith("authored: ")


def test_all_faults_are_said_at_once() -> None:
    sent = response(
        answer("1", {"valueString": "a"}), answer("9"), status="done", resourceType="Patient"
    )
    places = [text.partition(": ")[0] for text in faults(SYMPTOMS, sent)]
    assert places == ["resourceType", "status", "item[0] (linkId 1)", "item[1]"]


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["linkId", "answer", "item", *FORMS, "code", "value"]),
            inner | st.sampled_from(["well", "body", "weight", "ill", "fever", "r"]),
            max_size=4,
        )
    ),
    max_leaves=25,
)
likely = st.builds(
    answer,
    st.sampled_from([*read_questionnaire(EVERYTHING).by_link_id, "1"]),
    st.dictionaries(st.sampled_from(list(FORMS)), junk, min_size=1, max_size=1),
)


@many
@given(st.lists(likely | junk, max_size=5), junk)
def test_any_json_is_an_answer_or_refused(items: list[Any], authored: Any) -> None:
    for sent in (response(*items), response(*items, authored=authored), authored):
        assert isinstance(faults(EVERYTHING, sent), list)


def test_every_type_of_question_has_a_value() -> None:
    assert {each.type for each in read_questionnaire(EVERYTHING).by_link_id.values()} == {
        *QuestionType
    }
